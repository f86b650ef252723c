import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { ECRClient } from "@aws-sdk/client-ecr";
import { ECSClient } from "@aws-sdk/client-ecs";
import { EventBridgeClient, type PutEventsCommandInput } from "@aws-sdk/client-eventbridge";
import { RDSClient } from "@aws-sdk/client-rds";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { expect, test } from "vitest";
import { reportReadiness } from "../../../../../lambdas/events/reconcile/report-readiness.ts";
import { memoryDeps } from "../../support/deps.ts";
import { awsError, scripted } from "../../support/scripted.ts";

test("people are notified when a stage stops being ready to roll back and when it is ready again, not every hour", async () => {
  const deps = memoryDeps();
  let image: "exists" | "deleted" | "unreadable" = "exists";
  const metrics: unknown[] = [];
  const notices: unknown[] = [];
  const world = {
    ...deps,
    ecr: scripted(ECRClient, {
      DescribeImages: () => {
        if (image === "exists") return {};
        throw awsError(image === "deleted" ? "ImageNotFoundException" : "ThrottlingException");
      },
    }),
    ecs: scripted(ECSClient, { DescribeTaskDefinition: () => ({ taskDefinition: { status: "ACTIVE" } }) }),
    secretsManager: scripted(SecretsManagerClient, {}),
    rds: scripted(RDSClient, { DescribeAccountAttributes: () => ({}) }),
    cloudWatch: scripted(CloudWatchClient, {
      DescribeAlarms: () => ({}),
      PutMetricData: ({ MetricData: [datum] }: { MetricData: { Value: number }[] }) => {
        metrics.push(datum?.Value);
        return {};
      },
    }),
    eventBridge: scripted(EventBridgeClient, {
      PutEvents: ({ Entries = [] }: PutEventsCommandInput) => {
        notices.push(...Entries.map(({ Detail = "" }) => JSON.parse(Detail)));
        return {};
      },
    }),
    settings: {
      STAGE: "production",
      PREFIX: "shop-production",
      IMAGE_REPOSITORY: "shop-production",
      APP_SECRET_ARN: "arn",
      ALARM_NAMES: ["a"],
    },
  };
  const report = async (state: typeof image) => {
    image = state;
    await reportReadiness(world);
    return { metrics: metrics.splice(0), notices: notices.splice(0) };
  };
  const release = (deployment: string, deployedAt: string) => ({
    deployment,
    commit: deployment,
    pushedAt: deployedAt,
    imageUri: "i",
    imageDigest: "sha256:1",
    taskDefinitionArn: "td",
    deployedAt,
  });
  const none = { metrics: [], notices: [] };
  const deploy = async (deployment: string, at: string) => {
    await deps.table.put({ pk: "release", sk: `${at}#${deployment}`, ...release(deployment, at) });
    await deps.table.put({ pk: "release", sk: "current", ...release(deployment, at) });
  };
  expect(await report("deleted")).toEqual(none);
  await deploy("d1", "2026-01-01T10:00:00Z");
  expect(await report("deleted")).toEqual(none); // there is nothing to go back to yet
  await deploy("d2", "2026-01-02T10:00:00Z");
  expect(await report("exists")).toEqual({ metrics: [1], notices: [] });
  const {
    notices: [notice],
  } = await report("deleted");
  expect(notice).toMatchObject({
    stage: "production",
    state: "not ready",
    to: { deployment: "d1" },
    reasons: [expect.stringContaining("is no longer in the registry")],
  });
  expect(await report("deleted")).toEqual({ metrics: [0], notices: [] });
  expect(await report("unreadable")).toEqual(none);
  const again = await report("exists");
  expect(again).toMatchObject({ metrics: [1], notices: [{ state: "ready", reasons: [] }] });
  expect(await report("exists")).toEqual({ metrics: [1], notices: [] });
});
