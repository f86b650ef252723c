import { CfnOutput, RemovalPolicy, Stack } from "aws-cdk-lib";
import type { IRepository } from "aws-cdk-lib/aws-codecommit";
import { AttributeType, BillingMode, Table } from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";
import { BuildProject } from "./build-project.ts";
import { PipelineEvents } from "./pipeline-events.ts";
import { PipelineMachine } from "./pipeline-machine.ts";
import { createRestoreMachine } from "./restore/restore-machine.ts";
import type { ServiceStack } from "./service-stack.ts";
import type { StageProps } from "./stage-props.ts";
import type { StepContext } from "./step-context.ts";
import {
  checkProduction,
  createDeploySteps,
  createRollbackSteps,
  probeGreen,
  receivePush,
  reconcile,
  resume,
  startRollback,
} from "./deploy/index.ts";
import { createPruning } from "./events/prune.ts";

interface PipelineStackProps extends StageProps {
  service: ServiceStack;
  repository: IRepository;
}

/** What turns a push into a release of a stage. */
export class PipelineStack extends Stack {
  constructor(scope: Construct, id: string, props: PipelineStackProps) {
    super(scope, id, props);
    const { service, repository, prefix } = props;
    const table = this.createTable(prefix);
    const { project } = new BuildProject(this, "BuildProject", { props, repository, webService: service.webService });
    const machineArn = (name: string) =>
      `arn:${this.partition}:states:${this.region}:${this.account}:stateMachine:${prefix}-${name}`;
    const machines = { deployMachineArn: machineArn("deploy"), rollbackMachineArn: machineArn("rollback") };
    const context: StepContext = { stack: this, props, service, repository, project, table, ...machines };

    const substitutions = {
      HeartbeatSeconds: String(props.stage.heartbeatSeconds),
      ApprovalNeeded: String(props.stage.approval !== undefined),
    };
    const steps = createDeploySteps(context);
    const deploy = new PipelineMachine(this, "Deploy", { name: "deploy", props, steps, substitutions });
    const undo = createRollbackSteps(context);
    const rollback = new PipelineMachine(this, "Rollback", { name: "rollback", props, steps: undo });
    probeGreen(context);
    checkProduction(context);
    createRestoreMachine(this, context);
    createPruning(this, context);
    new PipelineEvents(this, "Events", {
      context,
      receivePush: receivePush(context),
      resume: resume(context),
      startRollback: startRollback(context),
      reconcile: reconcile(context),
    });
    new CfnOutput(this, "DeployMachineArn", { value: deploy.stateMachine.stateMachineArn });
    new CfnOutput(this, "RollbackMachineArn", { value: rollback.stateMachine.stateMachineArn });
    new CfnOutput(this, "TableName", { value: table.tableName });
  }

  /** Deployments, the lock and its queue, waiting task tokens, releases: one table, told apart by partition key. */
  private createTable(prefix: string): Table {
    return new Table(this, "Table", {
      tableName: prefix,
      partitionKey: { name: "pk", type: AttributeType.STRING },
      sortKey: { name: "sk", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}
