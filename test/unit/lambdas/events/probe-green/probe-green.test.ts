import { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import { ElasticLoadBalancingV2Client, type TargetHealth } from "@aws-sdk/client-elastic-load-balancing-v2";
import { beforeEach, describe, expect, test } from "vitest";
import { probeGreen } from "../../../../../lambdas/events/probe-green/probe-green.ts";
import type { HttpResponse } from "../../../../../lambdas/traffic/probing.ts";
import { deploymentKey, loadRecord } from "../../../../../lambdas/core/record.ts";
import { saveToken } from "../../../../../lambdas/core/waiting.ts";
import { execution, invocation, type MemoryDeps, memoryDeps } from "../../support/deps.ts";
import { awsError, scripted } from "../../support/scripted.ts";

const { generation: _, ...pushed } = invocation().input;
const settings = {
  CLUSTER_ARN: "arn:cluster/shop",
  SERVICE_NAME: "shop",
  LOAD_BALANCER_ARN: "arn:lb",
  TEST_LISTENER_ARN: "arn:test",
};
const forward = {
  Type: "forward",
  ForwardConfig: {
    TargetGroups: [
      { TargetGroupArn: "targetgroup/shop-green/2", Weight: 1 },
      { TargetGroupArn: "targetgroup/shop-blue/1", Weight: 0 },
    ],
  },
};
const hook = { DeploymentId: "d-1", LifecycleEventHookExecutionId: "hook-1" };

describe("the hook of a deployment", () => {
  let deps: MemoryDeps;
  let reported: string[];
  let done: string[];
  let requested: string[];
  let now: number;
  let health: TargetHealth[];
  let describedGroups: string[];
  const description = `lockstep ${pushed.deployment} attempt 0: commit 1a2b3c4d`;

  function run(
    get: () => Promise<HttpResponse>,
    getDeployment: () => object = () => ({ deploymentInfo: { description, status: "InProgress" } }),
  ) {
    const lifecycleEvents = done.map((lifecycleEventName) => ({ lifecycleEventName, status: "Succeeded" }));
    const codeDeploy = scripted(CodeDeployClient, {
      GetDeploymentTarget: () => ({ deploymentTarget: { ecsTarget: { lifecycleEvents } } }),
      GetDeployment: getDeployment,
      PutLifecycleEventHookExecutionStatus: ({ status }: { status: string }) => {
        reported.push(status);
        return {};
      },
    });
    const loadBalancing = scripted(ElasticLoadBalancingV2Client, {
      DescribeListeners: () => ({
        Listeners: [{ ListenerArn: "arn:test", Port: 9000, Protocol: "HTTP", DefaultActions: [forward] }],
      }),
      DescribeTargetHealth: ({ TargetGroupArn }: { TargetGroupArn: string }) => {
        describedGroups.push(TargetGroupArn);
        const TargetHealth = health.shift() ?? { State: "healthy" };
        return { TargetHealthDescriptions: [{ TargetHealth }, { TargetHealth: { State: "healthy" } }] };
      },
      DescribeTargetGroups: () => ({ TargetGroups: [{ HealthCheckPath: "/health" }] }),
      DescribeLoadBalancers: () => ({ LoadBalancers: [{ DNSName: "shop.test" }] }),
    });
    const clock = { now: () => new Date(now), sleep: async (milliseconds: number) => void (now += milliseconds) };
    const hookDeps = { codeDeploy, loadBalancing, clock, settings };
    const asking = (url: URL) => {
      requested.push(url.href);
      return get();
    };
    return probeGreen({ ...deps, ...hookDeps, get: asking })(hook);
  }

  beforeEach(async () => {
    deps = memoryDeps();
    reported = [];
    requested = [];
    now = 0;
    health = [];
    describedGroups = [];
    done = ["Install", "AllowTestTraffic"];
    const record = { ...pushed, status: "running", execution, attempt: 0, createdAt: "now", steps: {} };
    await deps.table.put({ ...deploymentKey(pushed.deployment), ...record });
  });

  test("fails for a release that responds with errors, and records the response", async () => {
    await run(async () => ({ status: 500 }));
    expect(reported).toEqual(["Failed"]);
    const { greenProbe } = (await loadRecord(deps.table, pushed.deployment)) ?? {};
    expect(greenProbe).toMatchObject({ ok: false, observed: expect.stringContaining("GET /health answered 500") });
  });

  test("fails while the old release responds", async () => {
    await run(async () => ({ status: 200, release: "old" }));
    expect(reported).toEqual(["Failed"]);
  });

  test("fails without a response", async () => {
    await run(() => Promise.reject(new Error("connect ECONNREFUSED")));
    expect(reported).toEqual(["Failed"]);
  });

  test("reports its own failure, too", async () => {
    const denied = () => {
      throw awsError("AccessDeniedException");
    };
    await expect(run(async () => ({ status: 200 }), denied)).rejects.toThrow(/AccessDenied/);
    expect(reported).toEqual(["Failed"]);
  });

  const starting = { State: "initial", Reason: "Elb.InitialHealthChecking" } as const;
  const mismatch = {
    State: "unhealthy",
    Reason: "Target.ResponseCodeMismatch",
    Description: "Health checks failed with these codes: [302]",
  } as const;

  test("sends no request before all targets of green are healthy, and does not ask the group without traffic", async () => {
    health = Array.from({ length: 100 }, () => starting);
    await run(async () => ({ status: health.length === 0 ? 200 : 503, release: pushed.commit }));
    expect({ reported, requests: requested.length }).toEqual({ reported: ["Succeeded"], requests: 3 });
    expect(new Set(describedGroups)).toEqual(new Set(["targetgroup/shop-green/2"]));
  });

  test("fails with the reason of the health check if green never becomes healthy", async () => {
    health = [starting, mismatch, ...Array.from({ length: 1000 }, () => starting)];
    await run(async () => ({ status: 503 }));
    expect({ reported, requested }).toEqual({ reported: ["Failed"], requested: [] });
    expect(now).toBeLessThan(14 * 60_000);
    const { greenProbe } = (await loadRecord(deps.table, pushed.deployment)) ?? {};
    expect(greenProbe?.observed).toContain(
      "Target group shop-green has a target that is unhealthy (Target.ResponseCodeMismatch: Health checks failed with these codes: [302])",
    );
  });

  test("records what it waits for, and reports nothing after the deployment was stopped", async () => {
    health = Array.from({ length: 1000 }, () => mismatch);
    await run(
      async () => ({ status: 200 }),
      () => ({ deploymentInfo: { description, status: now < 60_000 ? "InProgress" : "Stopped" } }),
    );
    expect({ reported, requested }).toEqual({ reported: [], requested: [] });
    const { greenProbe } = (await loadRecord(deps.table, pushed.deployment)) ?? {};
    expect(greenProbe).toMatchObject({
      ok: false,
      observed: expect.stringContaining("[302]"),
      at: "1970-01-01T00:00:30.000Z",
    });
  });

  test("ends at the second 5xx response, which the alarms still tolerate", async () => {
    await run(async () => ({ status: 500 }));
    expect({ reported, requests: requested.length }).toEqual({ reported: ["Failed"], requests: 2 });
  });

  test("probes the test listener until the release responds three times in a row", async () => {
    const answers = [404, 200, 503, 200, 200, 200];
    await run(async () => ({ status: answers.shift() ?? 500, release: pushed.commit }));
    expect(reported).toEqual(["Succeeded"]);
    expect(requested).toEqual(Array.from({ length: 6 }, () => "http://shop.test:9000/health"));
  });

  test("only wakes the waiting step after all traffic has shifted", async () => {
    done = ["Install", "AllowTestTraffic", "AllowTraffic"];
    const waiting = {
      token: "token-1",
      step: "Shift traffic",
      deployment: pushed.deployment,
      execution,
      attempt: 0,
    } as const;
    await saveToken(deps.table, "codedeploy:d-1", waiting);
    await run(async () => ({ status: 500 }));
    expect({ reported, requested }).toEqual({ reported: ["Succeeded"], requested: [] });
    expect(deps.machine.answers.get("token-1")).toMatchObject({ error: "Reobserve" });
  });
});
