import { CfnOutput, Duration } from "aws-cdk-lib";
import { type EventPattern, Rule, RuleTargetInput, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { Construct } from "constructs";
import type * as z from "zod/mini";
import type { readinessCheck } from "../../lambdas/events/reconcile/contract.ts";
import { machineArn, type PipelineContext } from "../pipeline-context.ts";
import type { PipelineFunction } from "../pipeline-function.ts";
import { checkProduction } from "./check-production.ts";
import { checkTask } from "./check-task.ts";
import { probeGreen } from "./probe-green.ts";
import { prune } from "./prune.ts";
import { webhookReceived } from "../../lambdas/events/receive-webhook/contract.ts";
import { receivePush } from "./receive-push.ts";
import type { Source } from "../source.ts";
import { receiveWebhook } from "./receive-webhook.ts";
import { reconcile } from "./reconcile.ts";
import { reportStatus } from "./report-status.ts";
import { resume } from "./resume.ts";
import { startRollback } from "./start-rollback.ts";

const checkInterval = Duration.minutes(1); // the period of its alarm
const reconcileInterval = Duration.minutes(2);

/** The functions outside the machines, and the events and schedules that start them. */
export class PipelineEvents extends Construct {
  constructor(scope: Construct, id: string, context: PipelineContext) {
    super(scope, id);
    this.rules(receivePush(context), pushes(context));
    if (context.source.kind === "github") this.gitHub(context, context.source);
    this.rules(resume(context), hints(context));
    this.rules(startRollback(context), rollbackTriggers(context));
    this.rules(checkTask(context), startedTasks(context));
    probeGreen(context); // CodeDeploy calls it, by the app spec of a deployment
    this.schedules(context);
  }

  private gitHub(context: PipelineContext, source: Extract<Source, { kind: "github" }>): void {
    const { url } = receiveWebhook(context, source);
    new CfnOutput(context.stack, "WebhookUrl", { value: url });
    const target = reportStatus(context, source);
    const detail = { table: [context.data.table.tableName] };
    const detailType = ["Lockstep Deployment Changed", "Lockstep Push Skipped"];
    this.rules(target, { Report: { source: ["lockstep"], detailType, detail } });
    // What was lost: GitHub shows no finished deployment as running, and only the live one as active.
    new Rule(this, "Report Missed", { schedule: Schedule.rate(reconcileInterval) }).addTarget(
      new LambdaFunction(target.function, { retryAttempts: 0 }),
    );
  }

  private rules(target: PipelineFunction, patterns: Record<string, EventPattern>): void {
    for (const [name, eventPattern] of Object.entries(patterns)) {
      const rule = new Rule(this, name, { eventPattern });
      rule.addTarget(new LambdaFunction(target.function, { retryAttempts: 10 }));
    }
  }

  private schedules(context: PipelineContext): void {
    const every = (scope: Construct, id: string, interval: Duration) =>
      new Rule(scope, id, { schedule: Schedule.rate(interval) });
    const { function: reconciling } = reconcile(context);
    every(this, "Reconcile", reconcileInterval).addTarget(new LambdaFunction(reconciling, { retryAttempts: 0 }));
    const event = RuleTargetInput.fromObject({ check: "rollback-readiness" } satisfies z.infer<typeof readinessCheck>);
    every(this, "Readiness Hourly", Duration.hours(1)).addTarget(
      new LambdaFunction(reconciling, { event, retryAttempts: 0 }),
    );
    // A check that runs late measures the wrong minute, and the next one is due anyway.
    every(context.stack, "CheckProductionSchedule", checkInterval).addTarget(
      new LambdaFunction(checkProduction(context).function, { retryAttempts: 0, maxEventAge: checkInterval }),
    );
    every(context.stack, "Prune Daily", Duration.days(1)).addTarget(
      new LambdaFunction(prune(context).function, { retryAttempts: 2 }),
    );
  }
}

function pushes({ source, data }: PipelineContext): Record<string, EventPattern> {
  if (source.kind === "github") {
    const detail = { table: [data.table.tableName] };
    return { Push: { source: ["lockstep"], detailType: [webhookReceived], detail } };
  }
  return {
    Push: {
      source: ["aws.codecommit"],
      detailType: ["CodeCommit Repository State Change"],
      resources: [source.repository.repositoryArn],
    },
  };
}

/** Anything that a waiting step may be waiting for. */
function hints(context: PipelineContext): Record<string, EventPattern> {
  const { project, data, service } = context;
  const { webService, blueGreen } = service;
  const instance = data.database.instanceIdentifier;
  return {
    BuildEnded: {
      source: ["aws.codebuild"],
      detailType: ["CodeBuild Build State Change"],
      detail: { "project-name": [project.projectName], "build-status": [{ "anything-but": "IN_PROGRESS" }] },
    },
    SnapshotChanged: {
      source: ["aws.rds"],
      detailType: ["RDS DB Snapshot Event"],
      detail: { SourceIdentifier: [{ prefix: `${instance}-snapshot-` }] },
    },
    InstanceChanged: {
      source: ["aws.rds"],
      detailType: ["RDS DB Instance Event"],
      detail: {
        SourceIdentifier: [instance, { prefix: `${instance}-restored-` }, { prefix: `${instance}-before-` }],
      },
    },
    TasksSteady: {
      source: ["aws.ecs"],
      detailType: ["ECS Service Action"],
      resources: [webService.service.serviceArn],
      detail: { eventName: ["TASKSET_STEADY_STATE"] },
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
      detail: { alarmName: [...service.alarms.names], state: { value: ["OK"] } },
    },
    ExecutionEnded: failedExecutions(machineArn(context, "deploy")),
  };
}

function startedTasks({ service: { webService } }: PipelineContext): Record<string, EventPattern> {
  const detail = {
    clusterArn: [webService.cluster.clusterArn],
    group: [`service:${webService.service.serviceName}`],
    lastStatus: ["RUNNING"],
  };
  return { TaskRunning: { source: ["aws.ecs"], detailType: ["ECS Task State Change"], detail } };
}

function rollbackTriggers(context: PipelineContext): Record<string, EventPattern> {
  return {
    MachineEnded: failedExecutions(
      machineArn(context, "deploy"),
      machineArn(context, "rollback"),
      machineArn(context, "restore"),
    ),
    AlarmRang: {
      source: ["aws.cloudwatch"],
      detailType: ["CloudWatch Alarm State Change"],
      detail: {
        alarmName: [...context.service.alarms.names],
        state: { value: ["ALARM"] },
        previousState: { value: [{ "anything-but": ["ALARM"] }] },
      },
    },
  };
}

function failedExecutions(...stateMachineArn: string[]): EventPattern {
  return {
    source: ["aws.states"],
    detailType: ["Step Functions Execution Status Change"],
    detail: { stateMachineArn, status: ["FAILED", "TIMED_OUT", "ABORTED"] },
  };
}
