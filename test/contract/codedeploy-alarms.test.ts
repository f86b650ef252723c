import {
  CloudWatchClient,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
  type StateValue,
} from "@aws-sdk/client-cloudwatch";
import { CodeDeployClient, ContinueDeploymentCommand } from "@aws-sdk/client-codedeploy";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { cloudwatch } from "#local/services/cloudwatch/index.ts";
import {
  appSpec,
  createGroup,
  deploy,
  describeDeployment,
  listen,
  createResource,
  prepareStage,
  reachesEvent,
  reachesStatus,
  type Stage,
  startDeployCloud,
  shares,
} from "#test/support/codedeploy.ts";
import { taskSets } from "#test/support/ecs.ts";
import type { TestCloud } from "#test/support/local-cloud.ts";
import { scriptedLambda } from "#test/support/scripted-lambda.ts";

let local: TestCloud;
let stage: Stage;

/** An alarm that keeps the state it is given: its metric has no data, and it ignores that. */
async function createAlarm(): Promise<void> {
  await local.client(CloudWatchClient).send(
    new PutMetricAlarmCommand({
      AlarmName: "errors",
      Namespace: "Shop",
      MetricName: "Errors",
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanThreshold",
      TreatMissingData: "ignore",
    }),
  );
}

const setAlarm = (StateValue: StateValue) =>
  local
    .client(CloudWatchClient)
    .send(new SetAlarmStateCommand({ AlarmName: "errors", StateValue, StateReason: "the test says so" }));

beforeEach(async () => {
  local = await startDeployCloud({ lambda: scriptedLambda({}), more: [cloudwatch] });
  await createAlarm();
  stage = await prepareStage(local, {
    AlarmConfiguration: { Enabled: "true", Alarms: [{ Name: "errors" }] },
    AutoRollbackConfiguration: { Enabled: true, Events: ["DEPLOYMENT_STOP_ON_ALARM"] },
    BlueGreenDeploymentConfiguration: {
      TerminateBlueInstancesOnDeploymentSuccess: { TerminationWaitTimeInMinutes: 2880 },
    },
  });
});
afterEach(() => local.stop());

it("stops and takes back while blue is kept, when an alarm is raised", async () => {
  const [blue] = await taskSets(local);
  const id = await deploy(local, appSpec(stage.definition));
  await reachesEvent(local, id, "AfterAllowTraffic Succeeded");
  await setAlarm("ALARM");
  const { errorInformation, rollbackInfo } = await reachesStatus(local, id, "Stopped");
  expect(errorInformation).toMatchObject({ code: "ALARM_ACTIVE", message: expect.stringContaining("errors") });
  await reachesStatus(local, rollbackInfo?.rollbackDeploymentId ?? "", "Succeeded");
  expect(await shares(local, stage.production)).toEqual({ [stage.blue]: 100 });
  expect(await taskSets(local)).toMatchObject([{ id: blue?.id, status: "PRIMARY" }]);
});

it("returns all traffic when an alarm is raised while a part of it is on green", async () => {
  await createResource(local, "DeploymentConfig", {
    DeploymentConfigName: "slow",
    ComputePlatform: "ECS",
    TrafficRoutingConfig: {
      Type: "TimeBasedCanary",
      TimeBasedCanary: { CanaryPercentage: "10", CanaryInterval: "2000" },
    },
  });
  const id = await deploy(local, appSpec(stage.definition), { deploymentConfigName: "slow" });
  await vi.waitFor(async () => expect(await shares(local, stage.production)).toHaveProperty([stage.green], 10), {
    timeout: 10_000,
    interval: 20,
  });
  await setAlarm("ALARM");
  expect(await reachesStatus(local, id, "Stopped")).toMatchObject({ errorInformation: { code: "ALARM_ACTIVE" } });
  expect(await shares(local, stage.production)).toEqual({ [stage.blue]: 100 });
});

it("does not begin under an alarm, unless the deployment overrides it", async () => {
  await setAlarm("ALARM");
  const refused = await deploy(local, appSpec(stage.definition));
  expect(await reachesStatus(local, refused, "Stopped")).toMatchObject({ errorInformation: { code: "ALARM_ACTIVE" } });
  expect(await taskSets(local)).toHaveLength(1);
  const overrideAlarmConfiguration = { enabled: false };
  const id = await deploy(local, appSpec(stage.definition), { overrideAlarmConfiguration });
  await reachesEvent(local, id, "AfterAllowTraffic Succeeded");
  expect(await describeDeployment(local, id)).toMatchObject({ status: "InProgress", overrideAlarmConfiguration });
});

it("waits for ContinueDeployment before production traffic moves, when the group says so", async () => {
  const states = listen(local);
  await createGroup(local, stage, {
    BlueGreenDeploymentConfiguration: {
      DeploymentReadyOption: { ActionOnTimeout: "STOP_DEPLOYMENT", WaitTimeInMinutes: 60 },
      TerminateBlueInstancesOnDeploymentSuccess: {},
    },
  });
  const id = await deploy(local, appSpec(stage.definition));
  await reachesStatus(local, id, "Ready");
  expect(await shares(local, stage.production)).toEqual({ [stage.blue]: 100 });
  expect(await shares(local, stage.test)).toEqual({ [stage.green]: 100 });
  const client = local.client(CodeDeployClient);
  await client.send(new ContinueDeploymentCommand({ deploymentId: id, deploymentWaitType: "READY_WAIT" }));
  await reachesStatus(local, id, "Succeeded");
  expect(states(id)).toEqual(["START", "READY", "SUCCESS"]);
});

it("acts as the service role, and fails when that may not", async () => {
  const trustedServices = [{ service: "codedeploy.amazonaws.com", conditions: {} }];
  const role = { trustedServices, inlinePolicies: {}, managedPolicyArns: [] };
  local.access.putRole({ name: "deploy", arn: local.roleArn("deploy"), ...role });
  const id = await deploy(local, appSpec(stage.definition), { overrideAlarmConfiguration: { enabled: false } });
  const code = await vi.waitFor(async () => (await reachesStatus(local, id, "Failed")).errorInformation?.code);
  expect(code).toBe("IAM_ROLE_PERMISSIONS");
});

it("lets a role deploy only where its policies allow it", async () => {
  const client = local.client(CodeDeployClient, "powerless");
  const end = new ContinueDeploymentCommand({ deploymentId: await deploy(local, appSpec(stage.definition)) });
  await expect(client.send(end)).rejects.toMatchObject({
    name: "AccessDeniedException",
    message: expect.stringMatching(/codedeploy:ContinueDeployment on resource: \* /),
  });
});
