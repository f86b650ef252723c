import {
  type CreateListenerCommandInput,
  type DescribeListenersCommandInput,
  ElasticLoadBalancingV2Client,
  type Listener,
  type ModifyListenerCommandInput,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { beforeEach, expect, test } from "vitest";
import { productionListener } from "../../../../../lambdas/resources/production-listener/production-listener.ts";
import { awsError, scripted } from "../../support/scripted.ts";

const plain = { LoadBalancerArn: "alb", TestListenerArn: "listener:9000", InitialTargetGroupArn: "tg:blue" };
const secure = { ...plain, CertificateArn: "cert:1", SslPolicy: "policy" };
const live = [
  { Type: "forward" as const, ForwardConfig: { TargetGroups: [{ TargetGroupArn: "tg:green", Weight: 1 }] } },
];

/** The listeners of a load balancer, and the order in which they were opened and changed. */
let listeners: Listener[];
let steps: string[];

beforeEach(() => {
  listeners = [{ ListenerArn: "listener:9000", Port: 9000, Protocol: "HTTP" }];
  steps = [];
});

const loadBalancing = scripted(ElasticLoadBalancingV2Client, {
  DescribeListeners: ({ ListenerArns }: DescribeListenersCommandInput) => {
    const Listeners = listeners.filter(({ ListenerArn = "" }) => ListenerArns?.includes(ListenerArn) ?? true);
    if (Listeners.length === 0 && ListenerArns) throw awsError("ListenerNotFoundException");
    return { Listeners };
  },
  CreateListener: (input: CreateListenerCommandInput) => {
    const created = { ...input, ListenerArn: `listener:${input.Port}` };
    steps.push(`open ${input.Port}`);
    listeners.push(created);
    return { Listeners: [created] };
  },
  ModifyListener: ({ ListenerArn, ...changes }: ModifyListenerCommandInput) => {
    steps.push(`change ${ListenerArn}: ${Object.keys(changes).toSorted().join(" ")}`);
    listeners = listeners.map((each) => (each.ListenerArn === ListenerArn ? { ...each, ...changes } : each));
    return { Listeners: listeners.filter((each) => each.ListenerArn === ListenerArn) };
  },
  DeleteListener: ({ ListenerArn }: { ListenerArn: string }) => {
    steps.push(`delete ${ListenerArn}`);
    listeners = listeners.filter((each) => each.ListenerArn !== ListenerArn);
    return {};
  },
});
const resource = productionListener({ loadBalancing });
const ofPort = (port: number) => listeners.find(({ Port }) => Port === port);
const shiftTo = (port: number) => {
  listeners = listeners.map((each) => (each.Port === port ? { ...each, DefaultActions: live } : each));
};

test("a new listener forwards to the first target group", async () => {
  expect(await resource.create(plain)).toEqual({ physicalId: "listener:80" });
  expect(ofPort(80)?.DefaultActions).toEqual([{ Type: "forward", TargetGroupArn: "tg:blue" }]);
});

test("another certificate leaves the traffic where deployments moved it", async () => {
  await resource.create(secure);
  shiftTo(443);
  await resource.update("listener:443", { ...secure, CertificateArn: "cert:2" });
  expect(ofPort(443)).toMatchObject({ DefaultActions: live, Certificates: [{ CertificateArn: "cert:2" }] });
});

test("the first certificate opens HTTPS with the same traffic before HTTP redirects to it", async () => {
  await resource.create(plain);
  shiftTo(80);
  steps = [];
  expect(await resource.update("listener:80", secure)).toEqual({ physicalId: "listener:443" });
  expect(steps).toEqual(["open 443", "change listener:80: DefaultActions Port Protocol"]);
  expect(ofPort(443)?.DefaultActions).toEqual(live);
  expect(ofPort(80)?.DefaultActions).toMatchObject([{ Type: "redirect" }]);
  // CloudFormation's clean-up after the update.
  await resource.delete("listener:80", plain);
  expect(ofPort(80)).toBeDefined();
});

test("without its certificate, production is served over HTTP again before HTTPS closes", async () => {
  await resource.create(secure);
  shiftTo(443);
  expect(await resource.update("listener:443", plain)).toEqual({ physicalId: "listener:80" });
  expect(ofPort(80)?.DefaultActions).toEqual(live);
  expect(ofPort(443)).toBeDefined();
  await resource.delete("listener:443", secure);
  expect(ofPort(443)).toBeUndefined();
});

test("while a deployment shifts traffic, production does not change its listener", async () => {
  await resource.create(plain);
  const TargetGroups = [
    { TargetGroupArn: "tg:blue", Weight: 90 },
    { TargetGroupArn: "tg:green", Weight: 10 },
  ];
  listeners = listeners.map((each) => ({
    ...each,
    DefaultActions: [{ Type: "forward", ForwardConfig: { TargetGroups } }],
  }));
  await expect(resource.update("listener:80", secure)).rejects.toThrow(/shifting traffic/);
  expect(listeners).toHaveLength(2);
});

test("a creation that runs twice has one listener; a deletion that runs twice is no error", async () => {
  await resource.create(plain);
  await resource.create(plain);
  expect(listeners).toHaveLength(2);
  await resource.delete("listener:80", plain);
  await resource.delete("listener:80", plain);
  expect(listeners).toMatchObject([{ Port: 9000 }]);
});
