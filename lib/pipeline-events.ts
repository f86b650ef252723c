import { Duration } from "aws-cdk-lib";
import { type EventPattern, Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { Construct } from "constructs";
import type { PipelineFunction } from "./pipeline-function.ts";
import type { StepContext } from "./step-context.ts";

interface PipelineEventsProps {
  context: StepContext;
  receivePush: PipelineFunction;
  resume: PipelineFunction;
  startRollback: PipelineFunction;
  reconcile: PipelineFunction;
}

/** How often what no event told is looked for. */
const reconcileEvery = Duration.minutes(2);

/** Which events reach the pipeline: pushes start it, ends and alarms undo it, everything else is a hint to a waiting step. */
export class PipelineEvents extends Construct {
  constructor(scope: Construct, id: string, { context, ...functions }: PipelineEventsProps) {
    super(scope, id);
    const { repository } = context;
    const { receivePush, resume, startRollback, reconcile } = functions;
    this.rule("Push", receivePush, {
      source: ["aws.codecommit"],
      detailType: ["CodeCommit Repository State Change"],
      resources: [repository.repositoryArn],
    });
    for (const [name, pattern] of Object.entries(hints(context))) this.rule(name, resume, pattern);
    for (const [name, pattern] of Object.entries(troubles(context))) this.rule(name, startRollback, pattern);
    const schedule = new Rule(this, "Reconcile", { schedule: Schedule.rate(reconcileEvery) });
    schedule.addTarget(new LambdaFunction(reconcile.function, { retryAttempts: 0 }));
  }

  private rule(name: string, target: PipelineFunction, eventPattern: EventPattern): void {
    const rule = new Rule(this, name, { eventPattern });
    rule.addTarget(new LambdaFunction(target.function, { retryAttempts: 10 }));
  }
}

function hints({ project, props, service, deployMachineArn }: StepContext): Record<string, EventPattern> {
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
    AlarmCleared: {
      source: ["aws.cloudwatch"],
      detailType: ["CloudWatch Alarm State Change"],
      detail: { alarmName: [{ prefix: `${props.prefix}-` }], state: { value: ["OK"] } },
    },
    ExecutionEnded: {
      source: ["aws.states"],
      detailType: ["Step Functions Execution Status Change"],
      detail: { stateMachineArn: [deployMachineArn], status: ["FAILED", "TIMED_OUT", "ABORTED"] },
    },
  };
}

function troubles({ deployMachineArn, rollbackMachineArn, props }: StepContext): Record<string, EventPattern> {
  return {
    MachineEnded: {
      source: ["aws.states"],
      detailType: ["Step Functions Execution Status Change"],
      detail: {
        stateMachineArn: [deployMachineArn, rollbackMachineArn, deployMachineArn.replace(/deploy$/, "restore")],
        status: ["FAILED", "TIMED_OUT", "ABORTED"],
      },
    },
    AlarmRang: {
      source: ["aws.cloudwatch"],
      detailType: ["CloudWatch Alarm State Change"],
      detail: {
        alarmName: [{ prefix: `${props.prefix}-` }],
        state: { value: ["ALARM"] },
        previousState: { value: [{ "anything-but": ["ALARM"] }] },
      },
    },
  };
}
