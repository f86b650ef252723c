import { createHash } from "node:crypto";
import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import {
  type ContainerDefinition,
  DescribeTasksCommand,
  type ECSClient,
  RunTaskCommand,
  StopTaskCommand,
  type Task,
} from "@aws-sdk/client-ecs";
import type * as z from "zod/mini";
import { AwsUnavailable, MigrationFailed } from "../../core/errors.ts";
import type { Redact } from "../../release/redact.ts";
import { registerReleaseTask, withVariable } from "../../release/release-task.ts";
import type { Observation, Outcome, Step, Subject, Work } from "../../core/step.ts";
import { describeStopped } from "../../release/stopped-task.ts";
import type { environment, observed } from "./contract.ts";

interface ObservePorts {
  readonly redact: Redact;
  readonly ecs: ECSClient;
  readonly logs: CloudWatchLogsClient;
  readonly clock: { now(): Date };
  readonly settings: z.infer<typeof observed>;
}

interface MigratePorts extends ObservePorts {
  readonly settings: z.infer<typeof environment>;
}

const defaultDeadlineSeconds = 3_600;

export const taskHandle = (taskArn: string) => `task:${taskArn}`;

/** Applies the pending migrations in a task of the new release, while the old one still serves. */
export function migrate(ports: MigratePorts): Step {
  return {
    name: "Migrate",
    observe: observeMigration(ports),
    act: (work, seen) => (seen.kind === "stuck" ? stopMigration(ports, work, seen.reason) : runMigration(ports, work)),
  };
}

export function observeMigration(ports: ObservePorts) {
  return async ({ record }: Subject): Promise<Observation> => {
    const { taskArn, attempt = 0, appliedAt, givenUp } = record.migration ?? {};
    if (appliedAt) return { kind: "done" };
    if (!taskArn) return { kind: "absent" };
    const { tasks = [] } = await ports.ecs.send(
      new DescribeTasksCommand({ cluster: ports.settings.CLUSTER_ARN, tasks: [taskArn] }),
    );
    const task = tasks[0];
    // ECS forgets a stopped task after a while. Running the migrations again is harmless: their ledger says what is applied.
    if (!task) return { kind: "absent" };
    if (task.lastStatus !== "STOPPED") {
      const handle = taskHandle(taskArn);
      const reason = givenUp === undefined ? overdue(ports, task) : undefined;
      return reason === undefined ? { kind: "running", handle } : { kind: "stuck", handle, reason };
    }
    if (record.migration && succeeded(task)) {
      const appliedAt = (task.stoppedAt ?? new Date(0)).toISOString();
      return { kind: "done", facts: { migration: { ...record.migration, appliedAt } } };
    }
    const why = [givenUp, await describeStopped(ports, task)].filter((part) => part !== undefined).join("\n");
    const error = new MigrationFailed(`The migration task did not succeed: ${why}\nThe old release still serves.`);
    return { kind: "failed", attempt, error };
  };
}

/** A task that hangs would hold its locks, and the deployment, for ever. */
function overdue({ clock, settings }: ObservePorts, { createdAt }: Task): string | undefined {
  const limit = settings.MIGRATION_DEADLINE_SECONDS ?? defaultDeadlineSeconds;
  const seconds = createdAt ? (clock.now().getTime() - createdAt.getTime()) / 1000 : 0;
  return seconds < limit ? undefined : `It had not ended after ${limit} seconds, so it was stopped.`;
}

/** Once: a task takes its time to stop. */
async function stopMigration({ ecs, settings }: MigratePorts, work: Work, givenUp: string): Promise<Outcome> {
  const { migration } = work.record;
  if (!migration?.taskArn) throw new Error("There is no migration task to stop");
  await work.holdLock();
  const { taskArn: task } = migration;
  await ecs.send(new StopTaskCommand({ cluster: settings.CLUSTER_ARN, task, reason: "The migration took too long" }));
  await work.remember({ migration: { ...migration, givenUp } });
  return { kind: "running", handle: taskHandle(task) };
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

const sessionSettings = [
  // A migration that waits for a lock would make every query of the app wait behind it.
  "lock_timeout=5s",
  // One that hangs between two statements holds its locks for nothing.
  "idle_in_transaction_session_timeout=60s",
  // The session of a task that was killed ends with it, whatever it was at, and so do its locks: by itself PostgreSQL would finish the statement first.
  "client_connection_check_interval=5s",
  "tcp_keepalives_idle=10",
  "tcp_keepalives_interval=10",
  "tcp_keepalives_count=3",
];

/** What libpq and its likes read: limits of the sessions, and the name by which Plan knows them. */
const sessionVariables = {
  PGOPTIONS: sessionSettings.map((setting) => `-c ${setting}`).join(" "),
  PGAPPNAME: "lockstep-migrate",
};

export function migrationContainer(release: ContainerDefinition, command: string[]): ContainerDefinition {
  const { portMappings: _ports, healthCheck: _check, ...container } = release;
  return {
    ...container,
    entryPoint: command,
    command: [],
    environment: Object.entries(sessionVariables).reduce(
      (environment, [name, value]) => withVariable(environment, name, value),
      container.environment,
    ),
  };
}
