import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DescribeListenersCommand,
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { createServer } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { connect, type SecureVersion, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { elasticLoadBalancingV2 } from "#local/services/elastic-load-balancing-v2/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";
import { productionListener } from "../../lambdas/resources/production-listener/production-listener.ts";

const certificate = "arn:aws:acm:eu-west-1:111122223333:certificate/1";
const policy = "ELBSecurityPolicy-TLS13-1-2-2021-06";
const app = createServer((request, response) => response.end(String(request.headers["x-forwarded-proto"])));
let cloud: TestCloud;
let elb: ElasticLoadBalancingV2Client;
let plain: { LoadBalancerArn: string; TestListenerArn: string; InitialTargetGroupArn: string };

beforeAll(async () => {
  cloud = await startTestCloud({ services: [elasticLoadBalancingV2], speed: 60 });
  elb = cloud.client(ElasticLoadBalancingV2Client);
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  const { LoadBalancers } = await elb.send(new CreateLoadBalancerCommand({ Name: "shop", Subnets: ["a", "b"] }));
  const LoadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn ?? "";
  const group = { Name: "blue", Port: 80, Protocol: "HTTP", TargetType: "ip", VpcId: "vpc-1" } as const;
  const { TargetGroups } = await elb.send(new CreateTargetGroupCommand(group));
  const TargetGroupArn = TargetGroups?.[0]?.TargetGroupArn ?? "";
  const Targets = [{ Id: "127.0.0.1", Port: (app.address() as AddressInfo).port }];
  await elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets }));
  const DefaultActions = [{ Type: "forward", TargetGroupArn } as const];
  const listener = { LoadBalancerArn, Port: 9000, Protocol: "HTTP", DefaultActions } as const;
  const { Listeners } = await elb.send(new CreateListenerCommand(listener));
  plain = {
    LoadBalancerArn,
    TestListenerArn: Listeners?.[0]?.ListenerArn ?? "",
    InitialTargetGroupArn: TargetGroupArn,
  };
});
afterAll(async () => {
  app.close();
  app.closeAllConnections();
  await cloud.stop();
});

async function describe(arn: string) {
  const { Listeners } = await elb.send(new DescribeListenersCommand({ ListenerArns: [arn] }));
  return { ...Listeners?.[0], Port: Listeners?.[0]?.Port ?? 0 };
}

/** The certificate is not one that this machine trusts. */
const get = (port: number) =>
  new Promise<string>((resolve, reject) => {
    const request = https.get({ host: "127.0.0.1", port, rejectUnauthorized: false, agent: false });
    request.on("response", (response) => void text(response).then(resolve, reject)).on("error", reject);
  });

const versionWith = (port: number, maxVersion: SecureVersion) =>
  new Promise<string | null>((resolve, reject) => {
    const options = { host: "127.0.0.1", port, rejectUnauthorized: false, maxVersion };
    const socket: TLSSocket = connect(options, () => {
      resolve(socket.getProtocol());
      socket.destroy();
    });
    socket.on("error", reject);
  });

test("a stage that gets a certificate is served over HTTPS, and HTTP redirects to it, with the same traffic", async () => {
  const resource = productionListener({ loadBalancing: elb });
  const { physicalId: first } = await resource.create(plain);
  const http = (await describe(first)).Port;
  await vi.waitFor(async () => expect(await (await fetch(`http://127.0.0.1:${http}/`)).text()).toBe("http"));

  const secure = { ...plain, CertificateArn: certificate, SslPolicy: policy };
  const { physicalId: second } = await resource.update(first, secure);
  const listener = await describe(second);
  expect(listener).toMatchObject({
    Protocol: "HTTPS",
    SslPolicy: policy,
    Certificates: [{ CertificateArn: certificate }],
    DefaultActions: [{ Type: "forward", TargetGroupArn: plain.InitialTargetGroupArn }],
  });
  expect(await get(listener.Port)).toBe("https");
  const redirected = await fetch(`http://127.0.0.1:${http}/orders?page=2`, { redirect: "manual" });
  expect([redirected.status, redirected.headers.get("location")]).toEqual([
    301,
    `https://127.0.0.1:${listener.Port}/orders?page=2`,
  ]);

  await resource.delete(first, plain);
  const { physicalId: third } = await resource.update(second, plain);
  await resource.delete(second, secure);
  expect(third).toBe(first);
  expect(await (await fetch(`http://127.0.0.1:${http}/`)).text()).toBe("http");
  await expect(get(listener.Port)).rejects.toThrow("ECONNREFUSED");
});

test("the policy of a listener limits the version of TLS", async () => {
  const DefaultActions = [{ Type: "forward", TargetGroupArn: plain.InitialTargetGroupArn } as const];
  const { LoadBalancerArn } = plain;
  const settings = { LoadBalancerArn, Port: 8443, Protocol: "HTTPS", SslPolicy: policy, DefaultActions } as const;
  await expect(elb.send(new CreateListenerCommand(settings))).rejects.toMatchObject({ name: "ValidationError" });
  const Certificates = [{ CertificateArn: certificate }];
  const { Listeners } = await elb.send(new CreateListenerCommand({ ...settings, Certificates }));
  const { ListenerArn, Port = 0 } = Listeners?.[0] ?? {};
  expect(await versionWith(Port, "TLSv1.3")).toBe("TLSv1.3");
  expect(await versionWith(Port, "TLSv1.2")).toBe("TLSv1.2");
  await elb.send(new ModifyListenerCommand({ ListenerArn, SslPolicy: "ELBSecurityPolicy-TLS13-1-3-2021-06" }));
  await expect(versionWith(Port, "TLSv1.2")).rejects.toThrow("alert protocol version");
});
