import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { ECSClient, type StopTaskRequest, type Task } from "@aws-sdk/client-ecs";
import { describe, expect, test } from "vitest";
import { migrate, migrationContainer } from "../../../../../lambdas/deploy/migrate/step.ts";
import { containersOf } from "../../../../../lambdas/release/release-task.ts";
import { deploymentRecord } from "../../../../../lambdas/core/record.ts";
import type { Facts } from "../../../../../lambdas/core/step.ts";
import { invocation } from "../../support/deps.ts";
import { scripted } from "../../support/scripted.ts";

const { generation: _, ...pushed } = invocation().input;
const image = { uri: "shop@sha256:1", digest: "sha256:1", migrations: [], migrationCount: 0, requiredVariables: [] };
const plan = { pending: [], pendingCount: 0, snapshot: false, migrate: false, secretVariables: ["SESSION_SECRET"] };
const record = deploymentRecord.parse({
  ...pushed,
  status: "running",
  execution: "e",
  attempt: 0,
  createdAt: "now",
  steps: {},
  image,
  plan,
});
const settings = { BASE_TASK_DEFINITION_ARN: "base", CONTAINER_NAME: "app", APP_SECRET_ARN: "arn:secret" };
const base = {
  taskDefinitionArn: "base",
  containerDefinitions: [
    {
      name: "app",
      image: "shop:release",
      environment: [{ name: "RELEASE", value: "none" }],
      secrets: [{ name: "PGHOST", valueFrom: "arn:database:host::" }],
      portMappings: [{ containerPort: 3000 }],
      logConfiguration: {
        logDriver: "awslogs" as const,
        options: { "awslogs-group": "/ecs/shop", "awslogs-stream-prefix": "release" },
      },
    },
    { name: "sidecar", image: "sidecar:1" },
  ],
};

describe("the task of a release", () => {
  test("runs the image by its digest, with its release and secrets", () => {
    const [app, sidecar] = containersOf(base, settings, { family: "shop", record, logs: "release" });
    expect(app).toEqual({
      ...base.containerDefinitions[0],
      image: "shop@sha256:1",
      environment: [{ name: "RELEASE", value: record.commit }],
      secrets: [
        { name: "PGHOST", valueFrom: "arn:database:host::" },
        { name: "SESSION_SECRET", valueFrom: "arn:secret:SESSION_SECRET::" },
      ],
      logConfiguration: {
        logDriver: "awslogs",
        options: { "awslogs-group": "/ecs/shop", "awslogs-stream-prefix": `release-${record.deployment}` },
      },
    });
    expect(sidecar).toEqual(base.containerDefinitions[1]);
  });

  test("requires the container of the app in the base task definition", () => {
    const other = { ...settings, CONTAINER_NAME: "web" };
    expect(() => containersOf(base, other, { family: "shop", record, logs: "release" })).toThrow(
      /no container web, only app, sidecar/,
    );
  });
});

describe("the task of a migration", () => {
  test("runs the command instead of the app, with a short lock timeout", () => {
    const container = migrationContainer({ name: "app", portMappings: [{ containerPort: 1 }] }, ["node", "migrate.js"]);
    expect(container).toEqual({
      name: "app",
      entryPoint: ["node", "migrate.js"],
      command: [],
      environment: [
        {
          name: "PGOPTIONS",
          value: expect.stringMatching(/^-c lock_timeout=5s -c .*client_connection_check_interval=5s/),
        },
        { name: "PGAPPNAME", value: "lockstep-migrate" },
      ],
    });
  });
});

describe("a migration task", () => {
  const taskArn = "arn:aws:ecs:eu-west-1:111122223333:task/shop/1";
  const migration = { taskDefinitionArn: "td:1", taskArn, attempt: 0 };
  const settings = {
    APP_SECRET_ARN: "arn:app",
    DATABASE_APP_SECRET_ARN: "arn:database/app",
    DATABASE_MIGRATIONS_SECRET_ARN: "arn:database/migrations",
    CLUSTER_ARN: "arn:cluster/shop",
    BASE_TASK_DEFINITION_ARN: "base",
    MIGRATION_FAMILY: "shop-migrate",
    MIGRATE_COMMAND: ["node"],
    SUBNET_IDS: [],
    SECURITY_GROUP_IDS: [],
    CONTAINER_NAME: "app",
    MIGRATION_DEADLINE_SECONDS: 600,
  };

  function world(task: Task, secondsLater: number) {
    const stopped: StopTaskRequest[] = [];
    const createdAt = new Date("2026-01-01T12:00:00Z");
    const clock = { now: () => new Date(createdAt.getTime() + secondsLater * 1_000) };
    const ecs = scripted(ECSClient, {
      DescribeTasks: () => ({ tasks: [{ taskArn, createdAt, ...task }] }),
      DescribeTaskDefinition: () => ({}),
      StopTask: (request: StopTaskRequest) => {
        stopped.push(request);
        return {};
      },
    });
    const logs = scripted(CloudWatchLogsClient, {});
    const step = migrate({ ecs, logs, clock, redact: async (text) => text, settings });
    return {
      step,
      stopped,
      observe: (changes: object = {}) =>
        step.observe?.({ record: { ...record, migration: { ...migration, ...changes } }, attempt: 0 }),
    };
  }

  test("within its deadline is waited for", async () => {
    const { observe } = world({ lastStatus: "RUNNING" }, 599);
    expect(await observe()).toEqual({ kind: "running", waitKey: `task:${taskArn}` });
  });

  test("past its deadline is stopped once, with the reason", async () => {
    const { step, stopped, observe } = world({ lastStatus: "RUNNING" }, 600);
    const observation = await observe();
    expect(observation).toMatchObject({ kind: "stuck", reason: expect.stringContaining("deadline of 600 seconds") });
    const facts: Facts[] = [];
    const work = {
      record: { ...record, migration },
      attempt: 0,
      execution: "e",
      token: "t",
      generation: 1,
      holdLock: async () => {},
      remember: async (fact: Facts) => void facts.push(fact),
    };
    const outcome = await step.act(work, { kind: "stuck", waitKey: "h", reason: "too long" });
    expect(outcome).toMatchObject({ kind: "running" });
    expect(stopped).toMatchObject([{ cluster: "arn:cluster/shop", task: taskArn }]);
    expect(facts).toEqual([{ migration: { ...migration, abortReason: "too long" } }]);
    expect(await observe({ abortReason: "too long" })).toMatchObject({ kind: "running" });
  });

  test("that was stopped fails with that reason", async () => {
    const { observe } = world({ lastStatus: "STOPPED", stoppedReason: "The migration took too long" }, 700);
    const message: unknown = expect.stringMatching(/too long\nThe migration took too long/);
    expect(await observe({ abortReason: "It was too long" })).toMatchObject({
      kind: "failed",
      error: { name: "MigrationFailed", message },
    });
  });

  test("that succeeded without applying all migrations is run again", async () => {
    const { observe } = world({ lastStatus: "STOPPED", containers: [{ exitCode: 0 }] }, 10);
    expect(await observe()).toMatchObject({ kind: "done" });
    expect(await observe({ incomplete: true })).toEqual({ kind: "absent" });
  });

  test("that succeeded just before is done", async () => {
    const { observe } = world({ lastStatus: "STOPPED", containers: [{ exitCode: 0 }] }, 700);
    expect(await observe({ abortReason: "It was too long" })).toMatchObject({ kind: "done" });
  });
});
