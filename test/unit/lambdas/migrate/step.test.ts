import { describe, expect, test } from "vitest";
import { migrationContainer } from "../../../../lambdas/migrate/step.ts";
import { containersOf } from "../../../../lambdas/shared/release-task.ts";
import { deploymentRecord } from "../../../../lambdas/shared/record.ts";
import { invocation } from "../support/ports.ts";

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
    },
    { name: "sidecar", image: "sidecar:1" },
  ],
};

describe("the task of a release", () => {
  test("runs the image by its digest, with its release and secrets", () => {
    const [app, sidecar] = containersOf(base, settings, { family: "shop", record });
    expect(app).toEqual({
      ...base.containerDefinitions[0],
      image: "shop@sha256:1",
      environment: [{ name: "RELEASE", value: record.commit }],
      secrets: [
        { name: "PGHOST", valueFrom: "arn:database:host::" },
        { name: "SESSION_SECRET", valueFrom: "arn:secret:SESSION_SECRET::" },
      ],
    });
    expect(sidecar).toEqual(base.containerDefinitions[1]);
  });

  test("needs the container of the app in the base", () => {
    const other = { ...settings, CONTAINER_NAME: "web" };
    expect(() => containersOf(base, other, { family: "shop", record })).toThrow(/no container web, only: app, sidecar/);
  });
});

describe("the task of a migration", () => {
  test("runs the command in place of the app, and waits for no lock for long", () => {
    const container = migrationContainer({ name: "app", portMappings: [{ containerPort: 1 }] }, ["node", "migrate.js"]);
    expect(container).toEqual({
      name: "app",
      entryPoint: ["node", "migrate.js"],
      command: [],
      environment: [{ name: "PGOPTIONS", value: "-c lock_timeout=5s" }],
    });
  });
});
