import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, vi } from "vitest";
import { freePort } from "#local/kernel/index.ts";
import type { ActionConfig, ProxyConfig } from "#local/services/elastic-load-balancing-v2/proxy/config.ts";
import { Gateway, type TargetStatus } from "#local/services/elastic-load-balancing-v2/proxy/gateway.ts";

export interface TestTarget {
  server: Server;
  port: number;
  close: () => void;
}

/** A target on a free or the given `port`, which stops after the test. It answers `/health` itself unless the listener should receive health checks. */
export async function startTarget(onRequest: RequestListener, port = 0): Promise<TestTarget> {
  const server = createServer((request, response) => {
    if (request.url === "/health") response.end("well");
    else onRequest(request, response);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  onTestFinished(close);
  return { server, port: (server.address() as AddressInfo).port, close };
}

interface GroupSettings {
  targets: { id: string; port: number; drainingSince?: number }[];
  drain?: { shown: number; limit: number };
  unhealthyThreshold?: number;
}

export interface GatewaySettings {
  groups: Record<string, GroupSettings>;
  action: ActionConfig;
  idleTimeout?: number;
}

export interface TestGateway {
  gateway: Gateway;
  port: number;
  origin: string;
  apply: (settings: GatewaySettings) => Promise<void>;
  target: (id: string) => Promise<TargetStatus | undefined>;
}

export const forwardTo = (weights: Record<string, number>): ActionConfig => ({
  type: "forward",
  groups: Object.entries(weights).map(([arn, weight]) => ({ arn, weight })),
});

/** A load balancer data plane in this process with one listener, which stops after the test. */
export async function startGateway(settings: GatewaySettings): Promise<TestGateway> {
  const gateway = new Gateway(() => undefined);
  onTestFinished(() => gateway.stop());
  const port = await freePort();
  let revision = 0;
  const apply = (changed: GatewaySettings) => gateway.apply(configOf(changed, port, (revision += 1)));
  await apply(settings);
  return {
    gateway,
    port,
    origin: `http://127.0.0.1:${port}`,
    apply,
    target: async (id) => {
      const { targetGroups } = await gateway.status();
      return targetGroups.flatMap(({ targets }) => targets).find((target) => target.id === id);
    },
  };
}

/** A load balancer with one healthy target, `one`. */
export async function serve(onRequest: RequestListener, settings: Partial<GatewaySettings> = {}) {
  const server = await startTarget(onRequest);
  const groups = { blue: { targets: [{ id: "one", port: server.port }] } };
  const balancer = await startGateway({ groups, action: forwardTo({ blue: 1 }), ...settings });
  await isHealthy(balancer, "one");
  return { ...balancer, server };
}

export const isHealthy = ({ target }: TestGateway, id: string) =>
  vi.waitFor(async () => expect((await target(id))?.status).toBe("healthy"), { timeout: 10_000 });

function configOf(
  { groups, action, idleTimeout = 5000 }: GatewaySettings,
  port: number,
  revision: number,
): ProxyConfig {
  return {
    revision,
    idleTimeout,
    dropInvalidHeaderFields: true,
    forwardedFor: "append",
    countingPeriod: 50,
    targetGroups: Object.entries(groups).map(([arn, group]) => ({
      arn,
      healthCheck: {
        path: "/health",
        interval: 30,
        timeout: 2000,
        healthyThreshold: 2,
        unhealthyThreshold: group.unhealthyThreshold ?? 2,
        matcher: "200",
      },
      drain: group.drain ?? { shown: 0, limit: 10_000 },
      targets: group.targets.map((target) => ({ host: "127.0.0.1", ...target })),
    })),
    listeners: [{ arn: "listener", port, action }],
  };
}
