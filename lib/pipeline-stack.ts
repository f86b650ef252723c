import { CfnOutput, RemovalPolicy, Stack } from "aws-cdk-lib";
import type { IRepository } from "aws-cdk-lib/aws-codecommit";
import { AttributeType, BillingMode, Table } from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";
import { BuildProject } from "./build-project.ts";
import { DeployMachine } from "./deploy-machine.ts";
import { PipelineEvents } from "./pipeline-events.ts";
import type { ServiceStack } from "./service-stack.ts";
import type { StageProps } from "./stage-props.ts";
import type { StepContext } from "./step-context.ts";
import { createDeploySteps, probeGreen, receivePush, resume } from "./steps/index.ts";

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
    const deployMachineArn = `arn:${this.partition}:states:${this.region}:${this.account}:stateMachine:${prefix}-deploy`;
    const context: StepContext = { stack: this, props, service, repository, project, table, deployMachineArn };

    const steps = createDeploySteps(context);
    probeGreen(context);
    const machine = new DeployMachine(this, "Deploy", { props, steps });
    new PipelineEvents(this, "Events", { context, receivePush: receivePush(context), resume: resume(context) });
    new CfnOutput(this, "DeployMachineArn", { value: machine.stateMachine.stateMachineArn });
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
