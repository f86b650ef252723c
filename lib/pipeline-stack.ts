import { CfnOutput, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import type { IRepository } from "aws-cdk-lib/aws-codecommit";
import { AttributeType, BillingMode, Table } from "aws-cdk-lib/aws-dynamodb";
import type { Construct } from "constructs";
import { BuildProject } from "./build-project.ts";
import { createDeployMachine } from "./deploy/index.ts";
import { PipelineEvents } from "./events/pipeline-events.ts";
import type { PipelineContext } from "./pipeline-context.ts";
import { createRestoreMachine } from "./restore/index.ts";
import { createRollbackMachine } from "./rollback/index.ts";
import type { ServiceStack } from "./service-stack.ts";
import type { StageProps } from "./stage-props.ts";

interface PipelineStackProps extends StageProps, StackProps {
  service: ServiceStack;
  repository: IRepository;
}

/** Deploys pushes to a stage. */
export class PipelineStack extends Stack {
  constructor(scope: Construct, id: string, props: PipelineStackProps) {
    super(scope, id, props);
    const { service, repository, prefix } = props;
    const table = this.createTable(prefix);
    const { project } = new BuildProject(this, "BuildProject", { ...props, webService: service.webService });
    const context: PipelineContext = { stack: this, props, service, repository, project, table };
    const deploy = createDeployMachine(context);
    const rollback = createRollbackMachine(context);
    createRestoreMachine(context);
    new PipelineEvents(this, "Events", context);
    new CfnOutput(this, "DeployMachineArn", { value: deploy.stateMachine.stateMachineArn });
    new CfnOutput(this, "RollbackMachineArn", { value: rollback.stateMachine.stateMachineArn });
    new CfnOutput(this, "TableName", { value: table.tableName });
  }

  /** One table for deployments, the lock and its queue, waiting task tokens and releases, distinguished by partition key. */
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
