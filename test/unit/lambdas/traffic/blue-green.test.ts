import { expect, test } from "vitest";
import {
  appSpec,
  deploymentOf,
  describeAssets,
  describeDeployment,
  isAssetsOf,
  isReleaseOf,
} from "../../../../lambdas/traffic/blue-green.ts";
import { deploymentRecord } from "../../../../lambdas/core/record.ts";
import { invocation } from "../support/deps.ts";

test("the AppSpec pins the revision and names the hooks", () => {
  const spec = appSpec("td:7", 3000, { HOOK_FUNCTION_ARN: "fn", CONTAINER_NAME: "app" });
  expect(JSON.parse(spec)).toEqual({
    version: 0,
    Resources: [
      {
        TargetService: {
          Type: "AWS::ECS::Service",
          Properties: { TaskDefinition: "td:7", LoadBalancerInfo: { ContainerName: "app", ContainerPort: 3000 } },
        },
      },
    ],
    Hooks: [{ AfterAllowTestTraffic: "fn" }, { AfterAllowTraffic: "fn" }],
  });
});

test("a CodeDeploy deployment is recognized by its description", () => {
  const { generation: _, ...pushed } = invocation().input;
  const record = deploymentRecord.parse({
    ...pushed,
    status: "running",
    execution: "e",
    attempt: 1,
    createdAt: "now",
    steps: {},
  });
  expect(deploymentOf(describeDeployment(record, 1))).toBe(record.deployment);
  const assets = describeAssets({ deployment: "live", commit: "abc" }, { assetsOf: record.deployment, attempt: 0 });
  expect(deploymentOf(assets)).toBe("live");
  expect([isAssetsOf(assets, record.deployment), isReleaseOf(assets, record.deployment)]).toEqual([true, false]);
  expect([isAssetsOf(assets, "live"), isReleaseOf(assets, "live")]).toEqual([false, false]);
  expect(deploymentOf("made by hand")).toBeUndefined();
  expect(deploymentOf(undefined)).toBeUndefined();
});
