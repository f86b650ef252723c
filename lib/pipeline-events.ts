import { type EventPattern, Rule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { Construct } from "constructs";
import type { PipelineFunction } from "./pipeline-function.ts";
import type { StepContext } from "./step-context.ts";

interface PipelineEventsProps {
  context: StepContext;
  receivePush: PipelineFunction;
  resume: PipelineFunction;
}

/** Which events reach the pipeline: pushes start it, everything else is a hint to a waiting step. */
export class PipelineEvents extends Construct {
  constructor(scope: Construct, id: string, { context, receivePush, resume }: PipelineEventsProps) {
    super(scope, id);
    const { repository } = context;
    this.rule("Push", receivePush, {
      source: ["aws.codecommit"],
      detailType: ["CodeCommit Repository State Change"],
      resources: [repository.repositoryArn],
    });
    for (const [name, pattern] of Object.entries(hints(context))) this.rule(name, resume, pattern);
  }

  private rule(name: string, target: PipelineFunction, eventPattern: EventPattern): void {
    const rule = new Rule(this, name, { eventPattern });
    rule.addTarget(new LambdaFunction(target.function, { retryAttempts: 10 }));
  }
}

function hints({ project, service, deployMachineArn }: StepContext): Record<string, EventPattern> {
  const { webService, blueGreen, database } = service;
  return {
    BuildEnded: {
      source: ["aws.codebuild"],
      detailType: ["CodeBuild Build State Change"],
      detail: { "project-name": [project.projectName], "build-status": [{ "anything-but": "IN_PROGRESS" }] },
    },
    SnapshotChanged: {
      source: ["aws.rds"],
      detailType: ["RDS DB Snapshot Event"],
      detail: { SourceIdentifier: [{ prefix: database.instanceIdentifier }] },
    },
    TaskStopped: {
      source: ["aws.ecs"],
      detailType: ["ECS Task State Change"],
      detail: { clusterArn: [webService.cluster.clusterArn], lastStatus: ["STOPPED"] },
    },
    DeploymentChanged: {
      source: ["aws.codedeploy"],
      detailType: ["CodeDeploy Deployment State-change Notification"],
      detail: { application: [blueGreen.application.applicationName] },
    },
    ExecutionEnded: {
      source: ["aws.states"],
      detailType: ["Step Functions Execution Status Change"],
      detail: { stateMachineArn: [deployMachineArn], status: ["FAILED", "TIMED_OUT", "ABORTED"] },
    },
  };
}
