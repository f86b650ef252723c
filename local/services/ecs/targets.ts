import type { TargetHealth } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Cloud } from "#local/cloud/index.ts";
import type { TaskRecord } from "./task-state.ts";

export interface Target {
  targetGroupArn: string;
  port: number;
}

const as = { service: "ecs" } as const;
/**
 * differs from AWS: tasks share an address and differ by port. It is not 127.0.0.1, on which a task reaches only itself: as on AWS, a server
 * that listens there alone gets no requests.
 */
export const taskAddress = "127.0.0.2";

export function targetsOf({ loadBalancers, containers }: TaskRecord): Target[] {
  return loadBalancers.flatMap(({ targetGroupArn, containerName, containerPort }) => {
    const port = containers.find(({ name }) => name === containerName)?.ports[containerPort];
    return port === undefined ? [] : [{ targetGroupArn, port }];
  });
}

export async function registerTargets(cloud: Cloud, targets: readonly Target[]): Promise<void> {
  for (const { targetGroupArn, port } of targets) {
    const input = { TargetGroupArn: targetGroupArn, Targets: [{ Id: taskAddress, Port: port }] };
    await cloud.call("elastic-load-balancing-v2", "registerTargets", input, { as });
  }
}

export async function deregisterTargets(cloud: Cloud, targets: readonly Target[]): Promise<void> {
  for (const { targetGroupArn, port } of targets) {
    const input = { TargetGroupArn: targetGroupArn, Targets: [{ Id: taskAddress, Port: port }] };
    await unlessDeleted(cloud.call("elastic-load-balancing-v2", "deregisterTargets", input, { as }));
  }
}

/** Health of a group's targets by port, including draining ones; empty when the group was deleted. */
export async function healthOf(cloud: Cloud, targetGroupArn: string): Promise<ReadonlyMap<number, TargetHealth>> {
  const input = { TargetGroupArn: targetGroupArn };
  const answer = await unlessDeleted(cloud.call("elastic-load-balancing-v2", "describeTargetHealth", input, { as }));
  return new Map(
    (answer?.TargetHealthDescriptions ?? []).flatMap(({ Target, TargetHealth }) =>
      Target?.Port !== undefined && TargetHealth ? [[Target.Port, TargetHealth] as const] : [],
    ),
  );
}

const deletedNames = ["TargetGroupNotFoundException", "InvalidTargetException"];

async function unlessDeleted<R>(call: Promise<R>): Promise<R | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Error && deletedNames.includes(error.name)) return undefined;
    throw error;
  }
}
