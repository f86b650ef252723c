import { isIPv4 } from "node:net";
import type {
  TargetDescription,
  TargetHealth,
  TargetHealthDescription,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Deps } from "../deps.ts";
import { fault } from "../faults.ts";
import type { TargetStatus } from "../proxy/gateway.ts";
import type { Operations } from "../reads.ts";
import type { Target, TargetGroup } from "../store.ts";
import { findTargetGroup } from "./find.ts";
import { saveAndApply } from "./target-groups.ts";

export const targetOperations = (deps: Deps) =>
  ({
    async registerTargets({ TargetGroupArn: arn, Targets: targets }) {
      await registerTargets(deps, arn, targets);
      return {};
    },
    async deregisterTargets({ TargetGroupArn: arn, Targets: targets }) {
      await deregisterTargets(deps, arn, targets);
      return {};
    },
    async describeTargetHealth({ TargetGroupArn: arn, Targets: targets }) {
      const statuses = await deps.engine.healthOf(findTargetGroup(deps, arn));
      // Read again: drained targets have been deleted meanwhile.
      const group = findTargetGroup(deps, arn);
      return { TargetHealthDescriptions: describe(group, statuses, targets) };
    },
  }) satisfies Partial<Operations>;

async function registerTargets(deps: Deps, arn: string, targets: TargetDescription[]): Promise<void> {
  const { cloud } = deps;
  const group = findTargetGroup(deps, arn);
  const added = targets.map((target) => locate(group, target));
  const isAdded = ({ host, port }: Target) => added.some((each) => each.host === host && each.port === port);
  const active = group.targets.filter(({ drainingSince }) => drainingSince === undefined);
  const missing = added.filter(({ host, port }) => !active.some((each) => each.host === host && each.port === port));
  // as AWS: a draining target can be registered again and then starts as a new one. Its in-flight requests continue.
  const kept = group.targets.filter((target) => target.drainingSince === undefined || !isAdded(target));
  const registered = missing.map((target) => ({ ...target, registration: cloud.ids.uuid() }));
  await saveAndApply(deps, { ...group, targets: [...kept, ...registered] });
}

async function deregisterTargets(deps: Deps, arn: string, targets: TargetDescription[]): Promise<void> {
  const { cloud } = deps;
  const group = findTargetGroup(deps, arn);
  const removed = targets.map((target) => locate(group, target));
  const isRemoved = ({ host, port }: Target) => removed.some((each) => each.host === host && each.port === port);
  const remaining = group.targets.flatMap((target): Target[] => {
    if (target.drainingSince !== undefined || !isRemoved(target)) return [target];
    return group.servedBy === undefined ? [] : [{ ...target, drainingSince: cloud.clock.now() }];
  });
  await saveAndApply(deps, { ...group, targets: remaining });
}

function locate(group: TargetGroup, { Id: host = "", Port: port = group.port }: TargetDescription) {
  // differs from AWS, where it is an address of the VPC: every target runs on this machine.
  if (!isIPv4(host) || !host.startsWith("127."))
    throw fault(
      "InvalidTargetException",
      `The IP address '${host}' is not a loopback address, where all targets of the local cloud run`,
    );
  if (port < 1 || port > 65_535) throw fault("InvalidTargetException", `The port ${port} is not between 1 and 65535`);
  return { host, port };
}

const notInUse: TargetHealth = {
  State: "unused",
  Reason: "Target.NotInUse",
  Description: "Target group is not configured to receive traffic from the load balancer",
};

const notRegistered: TargetHealth = {
  State: "unused",
  Reason: "Target.NotRegistered",
  Description: "Target is not registered to the target group",
};

const registering: TargetHealth = {
  State: "initial",
  Reason: "Elb.RegistrationInProgress",
  Description: "Target registration is in progress",
};

function describe(
  group: TargetGroup,
  statuses: ReadonlyMap<string, TargetStatus> | undefined,
  targets: TargetDescription[] | undefined,
): TargetHealthDescription[] {
  const healthPort = (port: number) => String(group.healthCheck.port ?? port);
  const all = group.targets.map(({ registration, host, port }) => ({
    Target: { Id: host, Port: port },
    HealthCheckPort: healthPort(port),
    TargetHealth: statuses ? healthOf(statuses.get(registration)) : notInUse,
  }));
  if (!targets) return all;
  return targets.map(({ Id, Port = group.port }) => {
    const target = all.find(({ Target }) => Target.Id === Id && Target.Port === Port);
    return target ?? { Target: { Id, Port }, HealthCheckPort: healthPort(Port), TargetHealth: notRegistered };
  });
}

function healthOf(status: TargetStatus | undefined): TargetHealth {
  if (!status) return registering;
  const { status: State, reason, description } = status;
  return { State, Reason: reason, Description: description };
}
