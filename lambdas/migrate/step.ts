import { createHash } from "node:crypto";
import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import {
  type ContainerDefinition,
  DescribeTasksCommand,
  type ECSClient,
  RunTaskCommand,
  type Task,
} from "@aws-sdk/client-ecs";
import type * as z from "zod/mini";
import { AwsUnavailable, MigrationFailed } from "../shared/errors.ts";
import type { Redact } from "../shared/redact.ts";
import { registerReleaseTask, withVariable } from "../shared/release-task.ts";
import type { Observation, Outcome, Step, Subject, Work } from "../shared/step.ts";
import { describeStopped } from "../shared/stopped-task.ts";
import type { environment, observed } from "./contract.ts";

interface ObservePorts {
  readonly redact: Redact;
  readonly ecs: ECSClient;
  readonly logs: CloudWatchLogsClient;
  readonly settings: z.infer<typeof observed>;
}

interface MigratePorts extends ObservePorts {
  readonly settings: z.infer<typeof environment>;
}

export const taskHandle = (taskArn: string) => `task:${taskArn}`;

/** Applies the pending migrations in a task of the new release, while the old one still serves. */
export function migrate(ports: MigratePorts): Step {
  return { name: "Migrate", observe: observeMigration(ports), act: (work) => runMigration(ports, work) };
}

export function observeMigration(ports: ObservePorts) {
  return async ({ record }: Subject): Promise<Observation> => {
    const { taskArn, attempt = 0, appliedAt } = record.migration ?? {};
    if (appliedAt) return { kind: "done" };
    if (!taskArn) return { kind: "absent" };
    const { tasks = [] } = await ports.ecs.send(
      new DescribeTasksCommand({ cluster: ports.settings.CLUSTER_ARN, tasks: [taskArn] }),
    );
    const task = tasks[0];
    // ECS forgets a stopped task after a while. Running the migrations again is harmless: their ledger says what is applied.
    if (!task) return { kind: "absent" };
    if (task.lastStatus !== "STOPPED") return { kind: "running", handle: taskHandle(taskArn) };
    if (record.migration && succeeded(task)) {
      const appliedAt = (task.stoppedAt ?? new Date(0)).toISOString();
      return { kind: "done", facts: { migration: { ...record.migration, appliedAt } } };
    }
    const why = await describeStopped(ports, task);
    const error = new MigrationFailed(`The migration task did not succeed: ${why}\nThe old release still serves.`);
    return { kind: "failed", attempt, error };
  };
}

async function registered({ ecs, settings }: Pick<MigratePorts, "ecs" | "settings">, work: Work): Promise<string> {
  const { attempt, record } = work;
  if (record.migration?.attempt === attempt) return record.migration.taskDefinitionArn;
  const taskDefinitionArn = await registerReleaseTask(ecs, settings, {
    family: settings.MIGRATION_FAMILY,
    record,
    container: (release) => migrationContainer(release, settings.MIGRATE_COMMAND),
  });
  await work.remember({ migration: { taskDefinitionArn, attempt } });
  return taskDefinitionArn;
}

function succeeded({ containers = [] }: Task): boolean {
  return containers.length > 0 && containers.every(({ exitCode }) => exitCode === 0);
}

async function runMigration({ ecs, settings }: MigratePorts, work: Work): Promise<Outcome> {
  const { attempt, record } = work;
  const taskDefinitionArn = await registered({ ecs, settings }, work);
  await work.holdLock();
  const { tasks = [], failures = [] } = await ecs.send(
    new RunTaskCommand({
      cluster: settings.CLUSTER_ARN,
      taskDefinition: taskDefinitionArn,
      launchType: "FARGATE",
      count: 1,
      // One task an attempt, also when the answer is lost.
      clientToken: createHash("sha256").update(`${record.deployment} ${attempt}`).digest("hex"),
      startedBy: record.deployment,
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: settings.SUBNET_IDS,
          securityGroups: settings.SECURITY_GROUP_IDS,
          assignPublicIp: "DISABLED",
        },
      },
    }),
  );
  const taskArn = tasks[0]?.taskArn;
  if (!taskArn) {
    const why = failures.map(({ reason, detail }) => [reason, detail].filter(Boolean).join(": ")).join("; ");
    throw new AwsUnavailable(`ECS placed no migration task: ${why || "no reason given"}`);
  }
  await work.remember({ migration: { taskDefinitionArn, taskArn, attempt } });
  return { kind: "running", handle: taskHandle(taskArn) };
}

export function migrationContainer(release: ContainerDefinition, command: string[]): ContainerDefinition {
  const { portMappings: _ports, healthCheck: _check, ...container } = release;
  return {
    ...container,
    entryPoint: command,
    command: [],
    // A migration that waits for a lock would make every query of the app wait behind it.
    environment: withVariable(container.environment, "PGOPTIONS", "-c lock_timeout=5s"),
  };
}
