import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DescribeServicesCommand, ECSClient } from "@aws-sdk/client-ecs";
import { DescribeTargetGroupsCommand, ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { DescribeStateMachineCommand, SFNClient } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { allScenarios } from "../support/all-scenarios.ts";
import type { WorkingCopy } from "../support/git.ts";
import { startStage, type Stage, withStage } from "../support/stage.ts";
import { startVisitors } from "../matrix/visitors.ts";

let stage: Stage;
let copy: WorkingCopy;
let visitors: ReturnType<typeof startVisitors>;

beforeAll(async () => {
  stage = await startStage({ changes: {} });
  const url = await stage.url();
  copy = await stage.clone("tiny-app");
  expect(await stage.ended(await stage.push(copy, {}))).toMatchObject({ status: "SUCCEEDED" });
  visitors = startVisitors(url);
}, 300_000);

afterAll(async () => {
  await visitors?.stop();
  await stage?.remove();
  copy?.remove();
}, 60_000);

/** Changed settings of the functions and machines that a changed bake and heartbeat configure. */
async function settings() {
  const lambda = await stage.client(LambdaClient);
  const FunctionName = "storefront-production-bake";
  const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const sfn = await stage.client(SFNClient);
  const stateMachineArn = "arn:aws:states:eu-central-1:123456789012:stateMachine:storefront-production-deploy";
  const { definition } = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
  // A revision of a task definition is new whenever it is registered.
  return JSON.stringify([Environment, definition]).replaceAll(/-release:\d+/g, "-release");
}

/** Kills the processes of the stage that run these programs. */
function kill(...programs: string[]): void {
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const args = read(`/proc/${entry}/cmdline`);
    if (args.includes(stage.directory) && programs.some((program) => args.includes(program)))
      process.kill(Number(entry), "SIGKILL");
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // the process has exited
  }
}

/** Resolves while a control plane changes a resource. */
async function changing(): Promise<void> {
  const database = new DatabaseSync(path.join(stage.directory, "state.sqlite"), { readOnly: true });
  const begun = database.prepare("SELECT count(*) AS count FROM records WHERE collection = 'cloudformation.changes'");
  try {
    await vi.waitFor(() => expect(begun.get()).not.toEqual({ count: 0 }), { timeout: 60_000, interval: 1 });
  } finally {
    database.close();
  }
}

describe("`up` with a changed configuration", () => {
  it("refuses what would replace the database before it changes anything", async () => {
    const pid = stage.controlPlanePid();
    const before = await settings();
    stage.configure(withStage({ database: { name: "other" }, bakeMinutes: 7 }));
    const { exitCode, stderr } = await stage.up();
    expect(stderr).toContain("(AWS::RDS::DBInstance): DBName cannot be changed: ");
    expect(exitCode).toBe(2);
    expect(stage.controlPlanePid()).toBe(pid);
    expect(await settings()).toBe(before);
  }, 60_000);

  it.runIf(allScenarios)(
    "undoes an update that was killed when it starts with the configuration as before",
    async () => {
      const before = await settings();
      stage.configure(withStage({ bakeMinutes: 7, heartbeatSeconds: 77 }));
      const update = stage.up();
      await changing();
      kill("cli/program.ts", "local/main.ts");
      await update;
      stage.configure(withStage({}));
      const { exitCode, stderr } = await stage.up();
      expect(exitCode, stderr).toBe(0);
      expect(await settings()).toBe(before);
    },
    120_000,
  );

  it.runIf(allScenarios)(
    "rolls back an update whose control plane is killed",
    async () => {
      const before = await settings();
      stage.configure(withStage({ bakeMinutes: 7, heartbeatSeconds: 77 }));
      const update = stage.up();
      await changing();
      kill("local/main.ts");
      const { exitCode, stderr } = await update;
      expect(stderr).toContain("The update was rolled back");
      expect(exitCode).toBe(1);
      expect(await settings()).toBe(before);
    },
    120_000,
  );

  it("lists the changes, applies them, and deploys the next release with what belongs to it", async () => {
    const before = await settings();
    const { app } = withStage({});
    stage.configure({
      ...withStage({ bakeMinutes: 7, heartbeatSeconds: 77, tasks: 2 }),
      app: { ...app, port: 3100, health: { path: "/ready" } },
    });
    const { exitCode, stdout, stderr } = await stage.up();
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(
      /replace {2}Storefront-Production-Pipeline\/ReleaseTask\w+ {2}\(AWS::ECS::TaskDefinition: ContainerDefinitions\), takes effect with the next release/,
    );
    expect(stdout).toMatch(
      /update {3}Storefront-Production-Service\/BlueGreenGroup\w+ {2}\(AWS::CodeDeploy::DeploymentGroup: /,
    );
    expect(await settings()).not.toBe(before);
    expect((await stage.up()).stdout).not.toContain("Updating the running stacks");
    expect(await stage.ended(await stage.push(copy, {}))).toMatchObject({ status: "SUCCEEDED" });
    const ecs = await stage.client(ECSClient);
    const name = "storefront-production";
    const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster: name, services: [name] }));
    expect(services[0]).toMatchObject({ desiredCount: 2, runningCount: 2 });
    const balancing = await stage.client(ElasticLoadBalancingV2Client);
    const { TargetGroups = [] } = await balancing.send(new DescribeTargetGroupsCommand({}));
    expect(TargetGroups.map(({ HealthCheckPath }) => HealthCheckPath)).toContain("/ready");
  }, 240_000);

  it("fails no request of a visitor", async () => {
    const { requests, failures } = await visitors.stop();
    expect(requests).toBeGreaterThan(100);
    expect(failures).toEqual([]);
  });

  it.runIf(allScenarios)(
    "leaves `npm start` of another terminal running, which still stops the cloud",
    async () => {
      await stage.lockstep("down");
      const interruption = new AbortController();
      const first = stage.upAttached(interruption.signal);
      await vi.waitFor(async () => expect((await stage.status()).url).toBeTruthy(), { timeout: 60_000 });
      const pid = stage.controlPlanePid();
      stage.configure(withStage({ bakeMinutes: 9 }));
      const second = await stage.up();
      expect(second.exitCode, second.stderr).toBe(0);
      expect(stage.controlPlanePid()).not.toBe(pid);
      interruption.abort();
      const { exitCode, stderr } = await first;
      expect(exitCode, stderr).toBe(0);
      expect((await stage.lockstep("down")).stdout).toContain("No local cloud is running");
    },
    120_000,
  );
});
