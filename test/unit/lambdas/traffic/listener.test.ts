import {
  type DescribeTargetGroupsCommandInput,
  ElasticLoadBalancingV2Client,
  type Listener,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { readHealthCheck } from "../../../../lambdas/traffic/listener.ts";
import { scripted } from "../support/scripted.ts";

const forward = (weights: Record<string, number>) => {
  const TargetGroups = Object.entries(weights).map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight }));
  return [{ Type: "forward" as const, ForwardConfig: { TargetGroups } }];
};
const redirect = [{ Type: "redirect" as const }];
const paths: Record<string, string> = { blue: "/old", green: "/new" };

const urlOf = async (listeners: Listener[], listener: "production" | "test") => {
  const loadBalancing = scripted(ElasticLoadBalancingV2Client, {
    DescribeListeners: () => ({ Listeners: listeners }),
    DescribeLoadBalancers: () => ({ LoadBalancers: [{ DNSName: "shop.test" }] }),
    DescribeTargetGroups: ({ TargetGroupArns = [] }: DescribeTargetGroupsCommandInput) => ({
      TargetGroups: TargetGroupArns.map((arn) => ({ HealthCheckPath: paths[arn] })),
    }),
  });
  const name = { LOAD_BALANCER_ARN: "lb", TEST_LISTENER_ARN: "test", listener };
  return (await readHealthCheck(loadBalancing, name)).url.href;
};

const http = { ListenerArn: "http", Port: 80, Protocol: "HTTP" as const };
const https = { ListenerArn: "https", Port: 443, Protocol: "HTTPS" as const };
const testListener = {
  ListenerArn: "test",
  Port: 9000,
  Protocol: "HTTP" as const,
  DefaultActions: forward({ green: 1 }),
};

test("each listener is probed by the health path of the release behind it", async () => {
  const listeners = [{ ...http, DefaultActions: forward({ blue: 100, green: 0 }) }, testListener];
  expect(await urlOf(listeners, "production")).toBe("http://shop.test/old");
  expect(await urlOf(listeners, "test")).toBe("http://shop.test:9000/new");
});

test("while traffic shifts, the release with most of it counts", async () => {
  expect(await urlOf([{ ...http, DefaultActions: forward({ blue: 10, green: 90 }) }], "production")).toBe(
    "http://shop.test/new",
  );
});

test("with a certificate, production is the HTTPS listener, not the one that redirects to it", async () => {
  const listeners = [
    { ...http, DefaultActions: redirect },
    { ...https, DefaultActions: forward({ blue: 1 }) },
  ];
  expect(await urlOf(listeners, "production")).toBe("https://shop.test/old");
});

test("a missing listener is named", async () => {
  await expect(urlOf([], "test")).rejects.toThrow("Load balancer lb has no test listener");
});
