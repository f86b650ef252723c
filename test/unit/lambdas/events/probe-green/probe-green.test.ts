import { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
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
  TEST_LISTENER_ARN: "arn:test",
  HEALTH_PATH: "/health",
};
const hook = { DeploymentId: "d-1", LifecycleEventHookExecutionId: "hook-1" };

describe("the hook of a deployment", () => {
  let deps: MemoryDeps;
  let reported: string[];
  let done: string[];
  let requested: string[];
  let now: number;
  const description = `lockstep ${pushed.deployment} attempt 0: commit 1a2b3c4d`;

  function run(
    get: () => Promise<HttpResponse>,
    getDeployment: () => object = () => ({ deploymentInfo: { description } }),
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
      DescribeListeners: () => ({ Listeners: [{ LoadBalancerArn: "arn:lb", Port: 9000, Protocol: "HTTP" }] }),
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
    done = ["Install", "AllowTestTraffic"];
    const record = { ...pushed, status: "running", execution, attempt: 0, createdAt: "now", steps: {} };
    await deps.table.put({ ...deploymentKey(pushed.deployment), ...record });
  });

  test("fails for a release that does not become healthy, and records the response", async () => {
    await run(async () => ({ status: 500 }));
    expect(reported).toEqual(["Failed"]);
    const { greenProbe } = (await loadRecord(deps.table, pushed.deployment)) ?? {};
    expect(greenProbe).toMatchObject({ ok: false, observed: expect.stringContaining("responded 500") });
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

  test("probes the test listener until the release responds three times in a row", async () => {
    const answers = [503, 200, 503, 200, 200, 200];
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
