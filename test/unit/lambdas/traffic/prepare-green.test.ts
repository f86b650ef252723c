import { ECSClient, type UpdateServiceCommandInput } from "@aws-sdk/client-ecs";
import {
  ElasticLoadBalancingV2Client,
  type ModifyTargetGroupAttributesCommandInput,
  type ModifyTargetGroupCommandInput,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { runtimeLabel } from "../../../../lambdas/traffic/contract.ts";
import { prepareGreen, readRelease } from "../../../../lambdas/traffic/prepare-green.ts";
import { scripted } from "../support/scripted.ts";

const runtime = { health: { path: "/ready?full=1", accept: "200-299" }, startSeconds: 20, drainSeconds: 45, tasks: 3 };
const settings = {
  CLUSTER_ARN: "cluster/shop",
  SERVICE_NAME: "shop",
  CONTAINER_NAME: "app",
  BLUE_TARGET_GROUP_ARN: "tg:blue",
  GREEN_TARGET_GROUP_ARN: "tg:green",
};

const label: Record<string, string> = { [runtimeLabel]: JSON.stringify(runtime) };

function stage({ desiredCount = 1, serving = "tg:blue", labels = label } = {}) {
  const calls: object[] = [];
  const record = (input: object) => {
    calls.push(input);
    return {};
  };
  const container = { name: "app", dockerLabels: labels, portMappings: [{ containerPort: 4000 }] };
  const taskSets = [{ status: "PRIMARY", loadBalancers: [{ targetGroupArn: serving }] }];
  const ecs = scripted(ECSClient, {
    DescribeTaskDefinition: () => ({ taskDefinition: { containerDefinitions: [container] } }),
    DescribeServices: () => ({ services: [{ desiredCount, healthCheckGracePeriodSeconds: 20, taskSets }] }),
    UpdateService: (input: UpdateServiceCommandInput) => record(input),
  });
  const loadBalancing = scripted(ElasticLoadBalancingV2Client, {
    ModifyTargetGroup: (input: ModifyTargetGroupCommandInput) => record(input),
    ModifyTargetGroupAttributes: (input: ModifyTargetGroupAttributesCommandInput) => record(input),
  });
  return { calls, deps: { ecs, loadBalancing, settings } };
}

test("a release says in its task definition how it runs", async () => {
  expect(await readRelease(stage().deps, "td:7")).toEqual({ ...runtime, port: 4000 });
});

test("a task definition that is not a release is named", async () => {
  await expect(readRelease(stage({ labels: {} }).deps, "td:placeholder")).rejects.toThrow(
    /td:placeholder is not a release/,
  );
});

test.each([
  ["tg:blue", "tg:green"],
  ["tg:green", "tg:blue"],
])("while %s serves, only %s is changed, and the service gets the tasks of the release", async (serving, idle) => {
  const { calls, deps } = stage({ serving });
  await prepareGreen(deps, { ...runtime, port: 4000 });
  expect(calls).toEqual([
    { TargetGroupArn: idle, HealthCheckPath: "/ready?full=1", Matcher: { HttpCode: "200-299" } },
    { TargetGroupArn: idle, Attributes: [{ Key: "deregistration_delay.timeout_seconds", Value: "45" }] },
    { cluster: "cluster/shop", service: "shop", desiredCount: 3, healthCheckGracePeriodSeconds: 20 },
  ]);
});

test("the release that serves keeps its tasks until the new one serves alone", async () => {
  const { calls, deps } = stage({ desiredCount: 8 });
  await prepareGreen(deps, { ...runtime, port: 4000 });
  expect(calls).not.toContainEqual(expect.objectContaining({ service: "shop" }));
});
