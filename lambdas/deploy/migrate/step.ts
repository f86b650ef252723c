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
import type { DeploymentRecord } from "../../core/record.ts";
import type { Observation, Outcome, Step, Subject, Work } from "../../core/step.ts";
import { taskWaitKey } from "../../core/waiting.ts";
import type { Redact } from "../../release/redact.ts";
import { registerReleaseTask, withVariable } from "../../release/release-task.ts";
import { readStopped, type StoppedTask } from "../../release/stopped-task.ts";
import type { environment, observed } from "./contract.ts";

interface ObserveDeps {
  readonly redact: Redact;
  readonly ecs: ECSClient;
  readonly logs: CloudWatchLogsClient;
  readonly clock: { now(): Date };
  readonly settings: z.infer<typeof observed>;
}

interface MigrateDeps extends ObserveDeps {
  readonly settings: z.infer<typeof environment>;
}

const defaultDeadlineSeconds = 3_600;

/** Applies the pending migrations in a task of the new release, while the old release serves. */
export function migrate(deps: MigrateDeps): Step {
  return {
    name: "Migrate",
    observe: observeMigration(deps),
    act: (work, observed) =>
      observed.kind === "stuck" ? stopMigration(deps, work, observed.reason) : runMigration(deps, work),
  };
}

export function observeMigration(deps: ObserveDeps) {
  return async ({ record }: Subject): Promise<Observation> => {
    const { taskArn, attempt = 0, appliedAt, incomplete, abortReason } = record.migration ?? {};
    if (appliedAt) return { kind: "done" };
    if (!taskArn || incomplete) return { kind: "absent" };
    const { tasks = [] } = await deps.ecs.send(
      new DescribeTasksCommand({ cluster: deps.settings.CLUSTER_ARN, tasks: [taskArn] }),
    );
    const task = tasks[0];
    // ECS deletes a stopped task after about an hour. Running the migrations again is safe: applied ones are recorded in the database.
    if (!task) return { kind: "absent" };
    if (task.lastStatus !== "STOPPED") {
      const waitKey = taskWaitKey(taskArn);
      const reason = abortReason === undefined ? pastDeadline(deps, task) : undefined;
      return reason === undefined ? { kind: "running", waitKey } : { kind: "stuck", waitKey, reason };
    }
    if (record.migration && succeeded(task)) {
      const appliedAt = (task.stoppedAt ?? new Date(0)).toISOString();
      return { kind: "done", facts: { migration: { ...record.migration, appliedAt } } };
    }
    return { kind: "failed", attempt, error: await migrationFailed(deps, record, task) };
  };
}

/** First what PostgreSQL or the migration tool says, and about which migration. */
async function migrationFailed(deps: ObserveDeps, record: DeploymentRecord, task: Task): Promise<MigrationFailed> {
  const stopped = await readStopped(deps, task);
  const why = record.migration?.abortReason ?? stopped.cause ?? stopped.how;
  const lines = [
    `The migration task failed${describeMigration(record, stopped)}: ${why}`,
    ...(why === stopped.how ? [] : [stopped.how]),
    stopped.advice,
    stopped.tail,
    "The old release is still live.\nAfter fixing the cause, push again or run: lockstep redrive",
  ];
  return new MigrationFailed(lines.filter((line) => line !== undefined).join("\n"));
}

/** The migration that the log names last, or the only one that was pending. */
function describeMigration({ plan }: DeploymentRecord, { lines }: StoppedTask): string {
  const { pending = [] } = plan ?? {};
  const text = lines.join("\n");
  const places = pending.map((tag) => ({ tag, at: text.lastIndexOf(tag) })).filter(({ at }) => at >= 0);
  const tag = places.toSorted((a, b) => b.at - a.at)[0]?.tag ?? (pending.length === 1 ? pending[0] : undefined);
  return tag === undefined ? "" : ` in ${tag}`;
}

/** A task that hangs would hold its database locks, and block the deployment, indefinitely. */
function pastDeadline({ clock, settings }: ObserveDeps, { createdAt }: Task): string | undefined {
  const limit = settings.MIGRATION_DEADLINE_SECONDS ?? defaultDeadlineSeconds;
  const seconds = createdAt ? (clock.now().getTime() - createdAt.getTime()) / 1000 : 0;
  return seconds < limit ? undefined : `It exceeded its deadline of ${limit} seconds and was stopped.`;
}

/** Only once: stopping takes a while. */
async function stopMigration({ ecs, settings }: MigrateDeps, work: Work, abortReason: string): Promise<Outcome> {
  const { migration } = work.record;
  if (!migration?.taskArn) throw new Error("No migration task to stop");
  await work.holdLock();
  const { taskArn: task } = migration;
  await ecs.send(
    new StopTaskCommand({ cluster: settings.CLUSTER_ARN, task, reason: "The migration exceeded its deadline" }),
  );
  await work.remember({ migration: { ...migration, abortReason } });
  return { kind: "running", waitKey: taskWaitKey(task) };
}

async function registerOnce({ ecs, settings }: Pick<MigrateDeps, "ecs" | "settings">, work: Work): Promise<string> {
  const { attempt, record } = work;
  if (record.migration?.attempt === attempt) return record.migration.taskDefinitionArn;
  const taskDefinitionArn = await registerReleaseTask(ecs, settings, {
    family: settings.MIGRATION_FAMILY,
    record,
    logs: "migration",
    container: (release) => migrationContainer(withMigrationsLogin(release, settings), settings.MIGRATE_COMMAND),
  });
  await work.remember({ migration: { taskDefinitionArn, attempt } });
  return taskDefinitionArn;
}

function succeeded({ containers = [] }: Task): boolean {
  return containers.length > 0 && containers.every(({ exitCode }) => exitCode === 0);
}

async function runMigration({ ecs, settings }: MigrateDeps, work: Work): Promise<Outcome> {
  const { attempt, record } = work;
  const taskDefinitionArn = await registerOnce({ ecs, settings }, work);
  await work.holdLock();
  const { tasks = [], failures = [] } = await ecs.send(
    new RunTaskCommand({
      cluster: settings.CLUSTER_ARN,
      taskDefinition: taskDefinitionArn,
      launchType: "FARGATE",
      count: 1,
      // One task per attempt, also if the response is lost.
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
    throw new AwsUnavailable(`ECS did not place the migration task: ${why || "no reason reported"}`);
  }
  await work.remember({ migration: { taskDefinitionArn, taskArn, attempt } });
  return { kind: "running", waitKey: taskWaitKey(taskArn) };
}

const sessionSettings = [
  // While a migration waits for a lock, every query of the app waits behind it.
  "lock_timeout=5s",
  // A migration that hangs between two statements would keep its locks.
  "idle_in_transaction_session_timeout=60s",
  // The session of a killed task ends with it, and releases its locks. Otherwise PostgreSQL would finish the running statement first.
  "client_connection_check_interval=5s",
  "tcp_keepalives_idle=10",
  "tcp_keepalives_interval=10",
  "tcp_keepalives_count=3",
];

/** Read by libpq and compatible clients: session limits, and the application name by which Plan recognizes the sessions. */
const sessionVariables = {
  PGOPTIONS: sessionSettings.map((setting) => `-c ${setting}`).join(" "),
  PGAPPNAME: "lockstep-migrate",
};

/** The app's login may not change the schema. */
function withMigrationsLogin(release: ContainerDefinition, settings: MigrateDeps["settings"]): ContainerDefinition {
  const { DATABASE_APP_SECRET_ARN, DATABASE_MIGRATIONS_SECRET_ARN } = settings;
  const secrets = release.secrets?.map((secret) => ({
    ...secret,
    valueFrom: secret.valueFrom?.replace(DATABASE_APP_SECRET_ARN, DATABASE_MIGRATIONS_SECRET_ARN),
  }));
  return { ...release, secrets };
}

export function migrationContainer(release: ContainerDefinition, command: string[]): ContainerDefinition {
  const { portMappings: _portMappings, healthCheck: _healthCheck, ...container } = release;
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
