import {
  DescribeServicesCommand,
  ECSClient,
  ListTasksCommand,
  RunTaskCommand,
  StopTaskCommand,
  type RunTaskCommandInput,
  type Task,
} from "@aws-sdk/client-ecs";
import { ECRClient } from "@aws-sdk/client-ecr";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { CloudEvent } from "#local/cloud/index.ts";
import { logOf, networkConfiguration, prepareEcs, registerDefinition, startEcsCloud } from "#test/support/ecs.ts";
import { openRegistry, pushImage } from "#test/support/oci-image.ts";
import { reaches } from "#test/support/ecs-waits.ts";
import type { TestCloud } from "#test/support/local-cloud.ts";

let local: TestCloud;
let client: ECSClient;
let image: string;
const events: CloudEvent[] = [];

beforeAll(async () => {
  local = await startEcsCloud();
  local.cloud.onEvent((event) => events.push(event));
  client = local.client(ECSClient);
  image = await prepareEcs(local);
});
afterAll(() => local.stop());

const register = (family: string, container: Parameters<typeof registerDefinition>[2] = {}) =>
  registerDefinition(local, family, { image, ...container });

const runInput = (taskDefinition: string, more: Partial<RunTaskCommandInput> = {}): RunTaskCommandInput => ({
  cluster: "main",
  launchType: "FARGATE",
  taskDefinition,
  networkConfiguration,
  ...more,
});

async function run(taskDefinition: string, more: Partial<RunTaskCommandInput> = {}): Promise<Task> {
  const { tasks } = await client.send(new RunTaskCommand(runInput(taskDefinition, more)));
  return tasks?.[0] ?? {};
}

const eventsOf = ({ taskArn = "" }: Task) =>
  events.filter(({ resources }) => resources.includes(taskArn)).map(({ detail }) => detail);

describe("a task", () => {
  it("runs the image's command among the image's files, logs, and ends with its code", async () => {
    const stopped = await reaches(
      local,
      await run(await register("hello", { environment: [{ name: "SIZE", value: "9" }] })),
      "STOPPED",
    );
    expect(stopped).toMatchObject({
      stopCode: "EssentialContainerExited",
      stoppedReason: "Essential container in task exited",
      containers: [{ name: "app", lastStatus: "STOPPED", exitCode: 0, imageDigest: image.split("@")[1] }],
    });
    const { data, env } = JSON.parse((await logOf(local, stopped))[0] ?? "");
    expect(data).toBe("from the image");
    expect(env).toMatchObject({
      COLOR: "blue",
      SIZE: "9",
      AWS_REGION: "eu-central-1",
      AWS_ENDPOINT_URL: local.endpoint,
    });
    expect(env.VITEST).toBeUndefined();
  });

  it("runs with the Node.js of its image", async () => {
    const digest = await pushImage(await openRegistry(local.client(ECRClient)), {
      repository: "app",
      tag: "node-22",
      layers: [[{ path: "/app/index.js", content: "console.log(process.version)" }]],
      config: { WorkingDir: "/app", Entrypoint: ["node", "index.js"], Env: ["NODE_VERSION=22.1.0"] },
    });
    const other = await register("node-22", { image: image.replace(/sha256:.*/, digest) });
    const stopped = await reaches(local, await run(other), "STOPPED");
    expect(await logOf(local, stopped)).toEqual([expect.stringMatching(/^v22\./)]);
  });

  it("passes the states of ECS and emits an event for each, with growing versions", async () => {
    const stopped = await reaches(local, await run(await register("states", { command: ["exit", "0"] })), "STOPPED");
    const changes = eventsOf(stopped);
    expect([...new Set(changes.map(({ lastStatus }) => lastStatus))]).toEqual([
      "PROVISIONING",
      "PENDING",
      "ACTIVATING",
      "RUNNING",
      "DEACTIVATING",
      "STOPPING",
      "DEPROVISIONING",
      "STOPPED",
    ]);
    const versions = changes.map(({ version }) => Number(version));
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    expect(changes.at(-1)).toMatchObject({
      lastStatus: "STOPPED",
      desiredStatus: "STOPPED",
      clusterArn: "arn:aws:ecs:eu-central-1:123456789012:cluster/main",
      group: "family:states",
      stoppedAt: expect.stringMatching(/^\d{4}-/),
      containers: [{ exitCode: 0 }],
    });
  });

  it("describes a failing exit code", async () => {
    const stopped = await reaches(local, await run(await register("failing", { command: ["exit", "3"] })), "STOPPED");
    expect(stopped.containers).toMatchObject([{ exitCode: 3 }]);
  });

  it("takes command and variables from the overrides", async () => {
    const overrides = {
      containerOverrides: [{ name: "app", command: ["hello"], environment: [{ name: "COLOR", value: "red" }] }],
    };
    const stopped = await reaches(
      local,
      await run(await register("overridden", { command: ["exit", "1"] }), { overrides }),
      "STOPPED",
    );
    expect(JSON.parse((await logOf(local, stopped))[0] ?? "")).toMatchObject({ env: { COLOR: "red" } });
  });

  it("is asked to stop by SIGTERM", async () => {
    const task = await run(await register("waiting", { command: ["wait"] }));
    await vi.waitFor(async () => expect(await logOf(local, task)).toEqual(["waiting"]));
    await client.send(new StopTaskCommand({ cluster: "main", task: task.taskArn, reason: "enough" }));
    expect(await reaches(local, task, "STOPPED")).toMatchObject({
      stopCode: "UserInitiated",
      stoppedReason: "enough",
      containers: [{ exitCode: 143 }],
    });
    expect(await logOf(local, task)).toEqual(["waiting"]);
  });

  it("is killed when it does not heed SIGTERM in time", async () => {
    const task = await run(await register("ignores-sigterm", { command: ["ignoreSigterm"], stopTimeout: 1 }));
    await vi.waitFor(async () => expect(await logOf(local, task)).toEqual(["waiting"]));
    await client.send(new StopTaskCommand({ cluster: "main", task: task.taskArn }));
    expect(await reaches(local, task, "STOPPED")).toMatchObject({ containers: [{ exitCode: 137 }] });
    expect(await logOf(local, task)).toEqual(["waiting", "no"]);
  });
});

describe("secrets", () => {
  it("come as variables, whole or by key", async () => {
    const secrets = local.client(SecretsManagerClient);
    const { ARN } = await secrets.send(
      new CreateSecretCommand({ Name: "db", SecretString: '{"user":"ann","port":5432}' }),
    );
    const definition = await register("secretive", {
      secrets: [
        { name: "PGUSER", valueFrom: `${ARN}:user::` },
        { name: "PGPORT", valueFrom: `${ARN}:port:AWSCURRENT:` },
        { name: "ALL", valueFrom: ARN },
      ],
    });
    const stopped = await reaches(local, await run(definition), "STOPPED");
    expect(JSON.parse((await logOf(local, stopped))[0] ?? "")).toMatchObject({
      env: { PGUSER: "ann", PGPORT: "5432", ALL: '{"user":"ann","port":5432}' },
    });
  });

  it("that are missing keep the task from starting, and are named", async () => {
    const absent = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:absent-AbCdEf";
    const stopped = await reaches(
      local,
      await run(await register("lost", { secrets: [{ name: "X", valueFrom: absent }] })),
      "STOPPED",
    );
    expect(stopped).toMatchObject({
      stopCode: "TaskFailedToStart",
      stoppedReason: expect.stringMatching(
        /^ResourceInitializationError: unable to pull secrets.*secret:absent-AbCdEf.*ResourceNotFoundException/,
      ),
    });
  });
});

describe("a start that fails", () => {
  it.each([
    [
      "an image that is not there",
      "123456789012.dkr.ecr.eu-central-1.amazonaws.com/app:none",
      /^CannotPullContainerError: .*app:none.*not found/,
    ],
    [
      "an image of another registry",
      "docker.io/library/redis:8",
      /^CannotPullContainerError: .*not an image of the local registry/,
    ],
  ])("for %s", async (_story, name, reason) => {
    const stopped = await reaches(local, await run(await register("unpulled", { image: name })), "STOPPED");
    expect(stopped).toMatchObject({ stopCode: "TaskFailedToStart", stoppedReason: expect.stringMatching(reason) });
    expect(stopped.containers?.[0]).not.toHaveProperty("exitCode");
  });

  it("for an execution role that may not pull", async () => {
    const stopped = await reaches(
      local,
      await run(await register("forbidden", { logConfiguration: undefined, executionRole: "powerless" })),
      "STOPPED",
    );
    expect(stopped.stoppedReason).toMatch(/^ResourceInitializationError: .*ecr:GetAuthorizationToken/);
  });

  it("for a log group that is not there", async () => {
    const options = { "awslogs-group": "/none", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "x" };
    const logConfiguration = { logDriver: "awslogs", options } as const;
    const stopped = await reaches(local, await run(await register("unlogged", { logConfiguration })), "STOPPED");
    expect(stopped.stoppedReason).toMatch(
      /^ResourceInitializationError: failed to validate logger args: .*log group does not exist/,
    );
  });

  it("for a command that is not in the image", async () => {
    const stopped = await reaches(
      local,
      await run(await register("commandless", { entryPoint: ["no-such-program"] })),
      "STOPPED",
    );
    expect(stopped.stoppedReason).toMatch(
      /^CannotStartContainerError: exec: "no-such-program": executable file not found/,
    );
  });
});

describe("RunTask", () => {
  it("does once what it is asked twice with one client token", async () => {
    const definition = await register("once", { command: ["exit", "0"] });
    const [first, second] = [
      await run(definition, { clientToken: "t1" }),
      await run(definition, { clientToken: "t1" }),
    ];
    expect(second.taskArn).toBe(first.taskArn);
    await expect(run(definition, { clientToken: "t1", count: 2 })).rejects.toMatchObject({ name: "ConflictException" });
  });

  it("lists tasks by who started them", async () => {
    const task = await run(await register("listed", { command: ["wait"] }), { startedBy: "deploy-1" });
    const list = () => client.send(new ListTasksCommand({ cluster: "main", startedBy: "deploy-1" }));
    expect((await list()).taskArns).toEqual([task.taskArn]);
    await client.send(new StopTaskCommand({ cluster: "main", task: task.taskArn }));
    expect((await list()).taskArns).toEqual([]);
  });

  it("asks IAM about the definition, the cluster and the roles handed on", async () => {
    const definition = await register("guarded", { command: ["exit", "0"] });
    const statement = (Action: string, Resource: string | string[], more: object = {}) => ({
      Effect: "Allow",
      Action,
      Resource,
      ...more,
    });
    const family = "arn:aws:ecs:eu-central-1:123456789012:task-definition/guarded:*";
    const onCluster = (name: string) => ({
      Condition: { ArnEquals: { "ecs:cluster": `arn:aws:ecs:eu-central-1:123456789012:cluster/${name}` } },
    });
    const pass = statement("iam:PassRole", [local.roleArn("task"), local.roleArn("execution")], {
      Condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
    });
    const putRole = (name: string, ...Statement: object[]) => {
      const inlinePolicies = { test: { Version: "2012-10-17", Statement } };
      local.access.putRole({
        name,
        arn: local.roleArn(name),
        trustedServices: [],
        inlinePolicies,
        managedPolicyArns: [],
      });
      return local.client(ECSClient, name).send(new RunTaskCommand(runInput(definition)));
    };
    await expect(putRole("good", statement("ecs:RunTask", family, onCluster("main")), pass)).resolves.toMatchObject({
      failures: [],
    });
    const refusal = (text: string) =>
      expect.objectContaining({ name: "AccessDeniedException", message: expect.stringContaining(text) });
    await expect(putRole("elsewhere", statement("ecs:RunTask", family, onCluster("other")), pass)).rejects.toEqual(
      refusal("ecs:RunTask"),
    );
    await expect(putRole("passless", statement("ecs:RunTask", family))).rejects.toEqual(refusal("iam:PassRole"));
  });

  it("rejects what Fargate or the local cloud does not support, by name", async () => {
    await expect(register("odd", { healthCheck: { command: ["CMD", "true"] } })).rejects.toMatchObject({
      name: "NotImplemented",
      message: expect.stringContaining("containerDefinitions.0.healthCheck"),
    });
    const definition = await register("plain");
    await expect(run(definition, { launchType: "EC2" })).rejects.toMatchObject({ name: "NotImplemented" });
    await expect(run(definition, { networkConfiguration: undefined })).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
    await expect(
      client.send(new DescribeServicesCommand({ cluster: "main", services: ["web"], include: ["TAGS"] })),
    ).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: "include of DescribeServices is not supported by the local cloud. Fix: leave it out.",
    });
    await expect(run("absent:1")).rejects.toMatchObject({
      name: "ClientException",
      message: "TaskDefinition not found.",
    });
  });
});
