import { defineService, type Cloud } from "#local/cloud/index.ts";
import { taskAddress } from "../../local/services/ecs/targets.ts";

interface RegisteredTarget {
  group: string;
  port: number;
  registeredAt: number;
  drainedAt?: number;
}

/**
 * A fake load balancer for tests of ECS: each DescribeTargetHealth checks the targets with a request for `/health`.
 * A target may fail for a second before it is unhealthy.
 */
export function targetGroups() {
  const control = { isInUse: true, drainMs: 0, unhealthyAfterMs: 1000 };
  const service = defineService({
    name: "elastic-load-balancing-v2",
    iamPrefix: "elasticloadbalancing",
    create: (cloud) => {
      const targets = cloud.store.collection<RegisteredTarget>("test.targets");
      const keyOf = (group: string, port: number | undefined) => `${group} ${port}`;
      return {
        operations: {
          registerTargets({ TargetGroupArn: group, Targets }) {
            for (const { Port: port = 0 } of Targets) {
              const registeredAt = targets.get(keyOf(group, port))?.registeredAt ?? cloud.clock.now();
              targets.put(keyOf(group, port), { group, port, registeredAt });
            }
            return {};
          },
          deregisterTargets({ TargetGroupArn: group, Targets }) {
            for (const { Port: port } of Targets) {
              const target = targets.get(keyOf(group, port));
              const drainedAt = target?.drainedAt ?? cloud.clock.now() + control.drainMs;
              if (target) targets.put(keyOf(group, port), { ...target, drainedAt });
            }
            return {};
          },
          async describeTargetHealth({ TargetGroupArn: group }) {
            const all = targets.list(`${group} `);
            for (const { port, drainedAt } of all)
              if (drainedAt !== undefined && drainedAt <= cloud.clock.now()) targets.delete(keyOf(group, port));
            const left = targets.list(`${group} `);
            const states = await Promise.all(left.map((target) => stateOf(target, control, cloud)));
            return {
              TargetHealthDescriptions: left.map(({ port }, index) => ({
                Target: { Id: taskAddress, Port: port },
                TargetHealth: { State: states[index] ?? "initial", Description: "Health checks failed" },
              })),
            };
          },
        },
      };
    },
  });
  return { service, control };
}

async function stateOf(
  { port, drainedAt, registeredAt }: RegisteredTarget,
  { isInUse, unhealthyAfterMs }: { isInUse: boolean; unhealthyAfterMs: number },
  cloud: Cloud,
) {
  if (drainedAt !== undefined) return "draining";
  if (!isInUse) return "unused";
  const answer = await fetch(`http://${taskAddress}:${port}/health`).catch(() => undefined);
  if (answer?.ok) return "healthy";
  return cloud.clock.now() - registeredAt < unhealthyAfterMs ? "initial" : "unhealthy";
}
