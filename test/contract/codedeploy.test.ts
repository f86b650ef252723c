import {
  BatchGetDeploymentsCommand,
  CodeDeployClient,
  ContinueDeploymentCommand,
  CreateDeploymentCommand,
  GetDeploymentCommand,
  GetDeploymentConfigCommand,
  GetDeploymentGroupCommand,
  GetDeploymentTargetCommand,
  ListDeploymentsCommand,
  ListDeploymentTargetsCommand,
  PutLifecycleEventHookExecutionStatusCommand,
  StopDeploymentCommand,
} from "@aws-sdk/client-codedeploy";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  appSpec,
  askListener,
  createGroup,
  deploy,
  describeDeployment,
  lifecycle,
  listen,
  createResource,
  prepareStage,
  reachesEvent,
  reachesStatus,
  type Stage,
  startDeployCloud,
  shares,
  weights,
} from "#test/support/codedeploy.ts";
import { listTasks, portOf, taskSets } from "#test/support/ecs.ts";
import type { TestCloud } from "#test/support/local-cloud.ts";
import { scriptedLambda } from "#test/support/scripted-lambda.ts";
import { taskAddress } from "../../local/services/ecs/targets.ts";

let local: TestCloud;
let client: CodeDeployClient;
let lambda: ReturnType<typeof scriptedLambda>;
let stage: Stage;
let states: ReturnType<typeof listen>;

beforeEach(async () => {
  lambda = scriptedLambda({});
  local = await startDeployCloud({ lambda });
  client = local.client(CodeDeployClient);
  states = listen(local);
});
afterEach(() => local.stop());

/** A hook that reports the given status. */
const reporting = (status: "Succeeded" | "Failed") => {
  lambda.functions.hook = async ({ event }) => {
    await report(event, status);
  };
};

async function report(event: unknown, status: "Succeeded" | "Failed") {
  const { DeploymentId, LifecycleEventHookExecutionId } = Object(event) as Record<string, string>;
  const ids = { deploymentId: DeploymentId, lifecycleEventHookExecutionId: LifecycleEventHookExecutionId };
  await client.send(new PutLifecycleEventHookExecutionStatusCommand({ ...ids, status }));
}

/** Traffic and task sets as they were before the deployment. */
async function expectBlueAlone(blueId: string | undefined) {
  expect(await shares(local, stage.production)).toEqual({ [stage.blue]: 100 });
  expect(await shares(local, stage.test)).toEqual({ [stage.blue]: 100 });
  expect(await taskSets(local)).toMatchObject([{ id: blueId, status: "PRIMARY" }]);
}

const rollbackIdOf = async (id: string) => (await describeDeployment(local, id)).rollbackInfo?.rollbackDeploymentId;

const all = (...differing: string[]) => {
  const names = "BeforeInstall Install AfterInstall AllowTestTraffic AfterAllowTestTraffic BeforeAllowTraffic";
  const events = `${names} AllowTraffic AfterAllowTraffic`.split(" ");
  return events.map((name) => differing.find((each) => each.startsWith(`${name} `)) ?? `${name} Succeeded`);
};

describe("a deployment", () => {
  beforeEach(async () => {
    stage = await prepareStage(local);
  });

  it("puts green behind the test listener, asks the hook, shifts, keeps blue for a while and ends it", async () => {
    const [blue] = await taskSets(local);
    const observedShares: Record<string, number>[] = [];
    lambda.functions.hook = async ({ event }) => {
      observedShares.push(await shares(local, stage.production), await shares(local, stage.test));
      await report(event, "Succeeded");
    };
    const hooks = { AfterAllowTestTraffic: "hook", AfterAllowTraffic: "hook" };
    const id = await deploy(local, appSpec(stage.definition, hooks), { description: "first" });
    expect(id).toMatch(/^d-[A-Z0-9]{9}$/);
    await vi.waitFor(
      async () => expect(await shares(local, stage.production)).toEqual({ [stage.blue]: 90, [stage.green]: 10 }),
      { timeout: 10_000, interval: 20 },
    );
    await reachesEvent(local, id, "AfterAllowTraffic Succeeded");
    expect(await describeDeployment(local, id)).toMatchObject({
      status: "InProgress",
      deploymentOverview: { Succeeded: 1 },
    });
    expect(await taskSets(local)).toHaveLength(2);
    // Blue is still behind the listener, so that it is checked and can take traffic back at once.
    expect(await weights(local, stage.production)).toEqual({ [stage.blue]: 0, [stage.green]: 100 });
    await reachesStatus(local, id, "Succeeded");
    expect(observedShares).toEqual([
      { [stage.blue]: 100 },
      { [stage.green]: 100 },
      { [stage.green]: 100 },
      { [stage.green]: 100 },
    ]);
    expect(lambda.calls.map(({ principal }) => principal)).toMatchObject([{ roleArn: local.roleArn("deploy") }, {}]);
    expect(await lifecycle(local, id)).toEqual(all());
    const left = await taskSets(local);
    expect(left).toMatchObject([{ status: "PRIMARY", externalId: id }]);
    expect(left[0]?.id).not.toBe(blue?.id);
    expect(states(id)).toEqual(["START", "SUCCESS"]);
    const [task = {}] = await listTasks(local);
    const direct = await (await fetch(`http://${taskAddress}:${portOf(task)}/pid`)).text();
    expect(await askListener(local, stage.production, "/pid")).toBe(direct);
  });

  it("goes back to the first target group with the second deployment", async () => {
    const first = await deploy(local, appSpec(stage.definition), {
      deploymentConfigName: "CodeDeployDefault.ECSAllAtOnce",
    });
    await reachesStatus(local, first, "Succeeded");
    const second = await deploy(local, appSpec(stage.definition), {
      deploymentConfigName: "CodeDeployDefault.ECSAllAtOnce",
    });
    await reachesStatus(local, second, "Succeeded");
    expect(await shares(local, stage.production)).toEqual({ [stage.blue]: 100 });
  });

  it("is taken back by a deployment of its own when its hook reports Failed", async () => {
    const [blue] = await taskSets(local);
    reporting("Failed");
    const id = await deploy(local, appSpec(stage.definition, { AfterAllowTestTraffic: "hook" }));
    const failed = await reachesStatus(local, id, "Failed");
    expect(failed.errorInformation).toMatchObject({ code: "HOOK_EXECUTION_FAILURE" });
    const back = failed.rollbackInfo?.rollbackDeploymentId ?? "";
    expect(await reachesStatus(local, back, "Succeeded")).toMatchObject({
      creator: "codeDeployRollback",
      rollbackInfo: { rollbackTriggeringDeploymentId: id },
    });
    await expectBlueAlone(blue?.id);
    const ends = ["AfterAllowTestTraffic Failed", "BeforeAllowTraffic Skipped", "AllowTraffic Skipped"];
    expect(await lifecycle(local, id)).toEqual(all(...ends, "AfterAllowTraffic Skipped"));
    expect([states(id), states(back)]).toEqual([
      ["START", "FAILURE"],
      ["START", "SUCCESS"],
    ]);
  });

  it.each([
    ["throws", () => Promise.reject(new Error("broken")), /hook ended with an error and did not report: .*broken/],
    ["is not there", undefined, /hook could not be invoked: Function not found/],
  ])("fails when its hook %s", async (_what, script, message) => {
    if (script) lambda.functions.hook = script;
    const id = await deploy(local, appSpec(stage.definition, { BeforeInstall: "hook" }));
    const { errorInformation, rollbackInfo } = await reachesStatus(local, id, "Failed");
    expect(errorInformation?.message).toMatch(message);
    expect(rollbackInfo).toEqual({ rollbackMessage: expect.stringContaining("nothing to roll back") });
    expect(await taskSets(local)).toHaveLength(1);
  });

  it("returns all traffic at once when it is stopped while it shifts", async () => {
    const [blue] = await taskSets(local);
    await createResource(local, "DeploymentConfig", slowCanary);
    const id = await deploy(local, appSpec(stage.definition), { deploymentConfigName: "slow" });
    await vi.waitFor(async () => expect(await shares(local, stage.production)).toHaveProperty([stage.green], 10), {
      timeout: 10_000,
      interval: 20,
    });
    const stopped = await client.send(new StopDeploymentCommand({ deploymentId: id }));
    expect(stopped.status).toBe("Pending");
    const requestedAt = Date.now();
    await vi.waitFor(async () => expect(await shares(local, stage.production)).toEqual({ [stage.blue]: 100 }), {
      interval: 10,
    });
    expect(Date.now() - requestedAt).toBeLessThan(500);
    expect(await reachesStatus(local, id, "Stopped")).toMatchObject({ errorInformation: { code: "MANUAL_STOP" } });
    await reachesStatus(local, (await rollbackIdOf(id)) ?? "", "Succeeded");
    await expectBlueAlone(blue?.id);
    expect(states(id)).toEqual(["START", "STOP"]);
  });

  it("can be taken back until blue's termination begins, with blue made primary again", async () => {
    const [blue] = await taskSets(local);
    await makeLongBake();
    const id = await deploy(local, appSpec(stage.definition));
    await reachesEvent(local, id, "AfterAllowTraffic Succeeded");
    expect(await taskSets(local)).toContainEqual(expect.objectContaining({ externalId: id, status: "PRIMARY" }));
    await client.send(new StopDeploymentCommand({ deploymentId: id, autoRollbackEnabled: true }));
    await reachesStatus(local, id, "Stopped");
    await reachesStatus(local, (await rollbackIdOf(id)) ?? "", "Succeeded");
    await expectBlueAlone(blue?.id);
  });

  it("keeps its group busy until ContinueDeployment ends the wait for blue's termination", async () => {
    await makeLongBake();
    const id = await deploy(local, appSpec(stage.definition));
    const end = new ContinueDeploymentCommand({ deploymentId: id, deploymentWaitType: "TERMINATION_WAIT" });
    await expect(client.send(end)).rejects.toMatchObject({ name: "DeploymentIsNotInReadyStateException" });
    await reachesEvent(local, id, "AfterAllowTraffic Succeeded");
    await expect(deploy(local, appSpec(stage.definition))).rejects.toMatchObject({
      name: "DeploymentLimitExceededException",
    });
    await client.send(end);
    await reachesStatus(local, id, "Succeeded");
    for (const command of [end, new StopDeploymentCommand({ deploymentId: id })])
      await expect(client.send(command as StopDeploymentCommand)).rejects.toMatchObject({
        name: "DeploymentAlreadyCompletedException",
      });
  });

  it("fails when green cannot be made, and leaves blue alone", async () => {
    const [blue] = await taskSets(local);
    const id = await deploy(local, appSpec("web:99"));
    expect(await reachesStatus(local, id, "Failed")).toMatchObject({ errorInformation: { code: "ECS_UPDATE_ERROR" } });
    await expectBlueAlone(blue?.id);
  });

  it("is listed, and described with its one target", async () => {
    const id = await deploy(local, appSpec(stage.definition), { description: "mine" });
    await reachesEvent(local, id, "Install InProgress").catch(() => undefined);
    const names = { applicationName: "shop", deploymentGroupName: "web" };
    const open = await client.send(new ListDeploymentsCommand({ ...names, includeOnlyStatuses: ["InProgress"] }));
    expect(open.deployments).toEqual([id]);
    const later = new ListDeploymentsCommand({ ...names, createTimeRange: { start: new Date(Date.now() + 60_000) } });
    expect((await client.send(later)).deployments).toEqual([]);
    const batch = await client.send(new BatchGetDeploymentsCommand({ deploymentIds: [id] }));
    expect(batch.deploymentsInfo).toMatchObject([{ deploymentId: id, description: "mine", creator: "user" }]);
    const targets = await client.send(new ListDeploymentTargetsCommand({ deploymentId: id }));
    expect(targets.targetIds).toEqual(["main:web"]);
    const strange = new GetDeploymentTargetCommand({ deploymentId: id, targetId: "main:other" });
    await expect(client.send(strange)).rejects.toMatchObject({ name: "DeploymentTargetDoesNotExistException" });
    const ids = { deploymentId: id, lifecycleEventHookExecutionId: "unknown" };
    const put = new PutLifecycleEventHookExecutionStatusCommand({ ...ids, status: "Succeeded" });
    await expect(client.send(put)).rejects.toMatchObject({ name: "InvalidLifecycleEventHookExecutionIdException" });
  });

  it("goes on in the next control plane, which asks an unanswered hook again", async () => {
    lambda.functions.hook = () => new Promise(() => undefined);
    const id = await deploy(local, appSpec(stage.definition, { AfterAllowTestTraffic: "hook" }));
    await vi.waitFor(() => expect(lambda.calls).toHaveLength(1), { timeout: 10_000 });
    const { directory } = local;
    await local.detach();
    lambda = scriptedLambda({});
    reporting("Succeeded");
    local = await startDeployCloud({ lambda, directory });
    client = local.client(CodeDeployClient);
    await reachesStatus(local, id, "Succeeded");
    expect(lambda.calls).toHaveLength(1);
    expect(await taskSets(local)).toMatchObject([{ externalId: id, status: "PRIMARY" }]);
  });
});

const slowCanary = {
  DeploymentConfigName: "slow",
  ComputePlatform: "ECS",
  TrafficRoutingConfig: {
    Type: "TimeBasedCanary",
    TimeBasedCanary: { CanaryPercentage: "10", CanaryInterval: "2000" },
  },
};

/** Blue is kept for longer than a test lasts. */
async function makeLongBake() {
  const TerminateBlueInstancesOnDeploymentSuccess = { Action: "TERMINATE", TerminationWaitTimeInMinutes: 2880 };
  await createGroup(local, stage, { BlueGreenDeploymentConfiguration: { TerminateBlueInstancesOnDeploymentSuccess } });
}

describe("a request", () => {
  beforeEach(() => createResource(local, "Application", { ApplicationName: "shop", ComputePlatform: "ECS" }));

  it.each([
    ["DeploymentDoesNotExistException", new GetDeploymentCommand({ deploymentId: "d-NOTTHERE1" })],
    [
      "ApplicationDoesNotExistException",
      new GetDeploymentGroupCommand({ applicationName: "x", deploymentGroupName: "y" }),
    ],
    [
      "DeploymentGroupDoesNotExistException",
      new GetDeploymentGroupCommand({ applicationName: "shop", deploymentGroupName: "y" }),
    ],
    ["DeploymentConfigDoesNotExistException", new GetDeploymentConfigCommand({ deploymentConfigName: "none" })],
    ["DeploymentGroupNameRequiredException", new CreateDeploymentCommand({ applicationName: "shop" })],
  ])("is refused with %s", async (name, command) => {
    await expect(client.send(command as GetDeploymentCommand)).rejects.toMatchObject({ name });
  });
});
