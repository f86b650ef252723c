import { CloudWatchClient, type PutMetricDataCommandInput } from "@aws-sdk/client-cloudwatch";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { describe, expect, test } from "vitest";
import { checkProduction } from "../../../../../lambdas/events/check-production/check-production.ts";
import type { HttpResponse } from "../../../../../lambdas/traffic/probing.ts";
import { awsError, scripted } from "../../support/scripted.ts";

const settings = { LOAD_BALANCER_ARN: "arn:lb", TEST_LISTENER_ARN: "arn:test", PREFIX: "shop-production" };
const now = new Date("2026-01-01T12:00:00Z");

async function check(
  answers: (HttpResponse | Error)[],
  listeners = () => ({
    Listeners: [
      {
        LoadBalancerArn: "lb",
        Port: 80,
        DefaultActions: [{ Type: "forward", TargetGroupArn: "targetgroup/shop-blue/1" }],
      },
    ],
  }),
  states = ["healthy", "unhealthy"],
) {
  const published: PutMetricDataCommandInput[] = [];
  const requested: string[] = [];
  const warned: unknown[] = [];
  const cloudWatch = scripted(CloudWatchClient, {
    PutMetricData: (input: PutMetricDataCommandInput) => {
      published.push(input);
      return {};
    },
  });
  const loadBalancing = scripted(ElasticLoadBalancingV2Client, {
    DescribeListeners: listeners,
    DescribeTargetHealth: () => ({ TargetHealthDescriptions: states.map((State) => ({ TargetHealth: { State } })) }),
    DescribeTargetGroups: () => ({ TargetGroups: [{ HealthCheckPath: "/health" }] }),
    DescribeLoadBalancers: () => ({ LoadBalancers: [{ DNSName: "shop.test" }] }),
  });
  const get = async (url: URL) => {
    requested.push(url.href);
    const answer = answers.shift() ?? { status: 200 };
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const clock = { now: () => now, sleep: async () => undefined };
  const log = { warn: (_message: string, facts: unknown) => void warned.push(facts) };
  const run = checkProduction({ cloudWatch, loadBalancing, get, clock, log, settings });
  const error = await run().catch((reason: unknown) => reason);
  return { published, requested, warned, error };
}

const values = (published: PutMetricDataCommandInput[]) =>
  Object.fromEntries((published[0]?.MetricData ?? []).map(({ MetricName, Value }) => [MetricName, Value]));

describe("a check of production", () => {
  test("publishes the number of requests and no failures", async () => {
    const { published, requested, warned } = await check([]);
    expect(requested).toEqual(Array.from({ length: 5 }, () => "http://shop.test/health"));
    expect(published).toEqual([
      {
        Namespace: "Lockstep",
        MetricData: ["Checks", "Failures"].map((MetricName) => ({
          MetricName,
          Value: MetricName === "Checks" ? 5 : 0,
          Timestamp: now,
          Unit: "Count",
          Dimensions: [{ Name: "Stage", Value: "shop-production" }],
        })),
      },
    ]);
    expect(warned).toEqual([]);
  });

  test("ends when bad and missing responses are enough for the alarm", async () => {
    const answers = [{ status: 200, release: "any" }, { status: 500 }, new Error("reset"), { status: 500 }];
    const { published, requested, warned } = await check(answers);
    expect(requested).toHaveLength(3);
    expect(values(published)).toEqual({ Checks: 3, Failures: 2 });
    expect(warned).toEqual([
      { observed: ["GET /health answered 500, expected 200", "GET /health was not answered: reset"] },
    ]);
  });

  test("fails without a request while no target is healthy: its requests would count in other alarms", async () => {
    const { published, requested, warned } = await check([], undefined, ["unhealthy", "draining"]);
    expect(requested).toEqual([]);
    expect(values(published)).toEqual({ Checks: 2, Failures: 2 });
    expect(JSON.stringify(warned)).toContain("Target group shop-blue has a target that is unhealthy");
  });

  test("publishes nothing if the listener is not found: production did not fail", async () => {
    const { published, error } = await check([], () => {
      throw awsError("Throttling");
    });
    expect(published).toEqual([]);
    expect(error).toMatchObject({ name: "Throttling" });
  });
});
