import type {
  TargetDescription,
  TargetHealth,
  TargetHealthDescription,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Clients, Operations } from "#local/cloud/index.ts";
import { invalidTarget } from "../errors.ts";
import type { TargetStatus } from "../proxy/gateway.ts";
import type { Target, TargetGroup } from "../store.ts";
import type { Context } from "./context.ts";
import { findGroup } from "./target-groups.ts";

type Client = Clients["elastic-load-balancing-v2"];

const address = "127.0.0.1";

export const targetOperations = (context: Context) =>
  ({
    async registerTargets({ TargetGroupArn: arn, Targets: targets }) {
      await registerTargets(context, arn, targets);
      return {};
    },
    async deregisterTargets({ TargetGroupArn: arn, Targets: targets }) {
      await deregisterTargets(context, arn, targets);
      return {};
    },
    async describeTargetHealth({ TargetGroupArn: arn, Targets: asked }) {
      const statuses = await context.engine.healthOf(findGroup(context, arn));
      // Read again: what has been drained meanwhile is gone.
      const group = findGroup(context, arn);
      return { TargetHealthDescriptions: describe(group, statuses, asked) };
    },
  }) satisfies Operations<Client>;

async function registerTargets(context: Context, arn: string, targets: TargetDescription[]): Promise<void> {
  const { cloud, store } = context;
  const group = findGroup(context, arn);
  const added = targets.map((target) => locate(group, target));
  const isAdded = ({ host, port }: Target) => added.some((each) => each.host === host && each.port === port);
  const active = group.targets.filter(({ drainingSince }) => drainingSince === undefined);
  const fresh = added.filter(({ host, port }) => !active.some((each) => each.host === host && each.port === port));
  // as AWS: a target that is draining can be registered again, and then begins anew. What it has in flight goes on.
  const kept = group.targets.filter((target) => target.drainingSince === undefined || !isAdded(target));
  const registered = fresh.map((target) => ({ ...target, registration: cloud.ids.uuid() }));
  store.targetGroups.put(arn, { ...group, targets: [...kept, ...registered] });
  await applyTo(context, group);
}

async function deregisterTargets(context: Context, arn: string, targets: TargetDescription[]): Promise<void> {
  const { cloud, store } = context;
  const group = findGroup(context, arn);
  const gone = targets.map((target) => locate(group, target));
  const isGone = ({ host, port }: Target) => gone.some((each) => each.host === host && each.port === port);
  const left = group.targets.flatMap((target): Target[] => {
    if (target.drainingSince !== undefined || !isGone(target)) return [target];
    return group.servedBy === undefined ? [] : [{ ...target, drainingSince: cloud.clock.now() }];
  });
  store.targetGroups.put(arn, { ...group, targets: left });
  await applyTo(context, group);
}

async function applyTo({ engine }: Context, { servedBy }: TargetGroup): Promise<void> {
  if (servedBy !== undefined) await engine.apply(servedBy);
}

function locate(group: TargetGroup, { Id: host, Port: port = group.port }: TargetDescription) {
  // differs from AWS: there an address of the VPC; here every target runs on this machine.
  if (host !== address) throw invalidTarget(`The IP address '${host}' is not ${address}, where all targets run here`);
  if (port < 1 || port > 65_535) throw invalidTarget(`The port ${port} is not between 1 and 65535`);
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
  asked: TargetDescription[] | undefined,
): TargetHealthDescription[] {
  const healthPort = (port: number) => String(group.healthCheck.port ?? port);
  const all = group.targets.map(({ registration, host, port }) => ({
    Target: { Id: host, Port: port },
    HealthCheckPort: healthPort(port),
    TargetHealth: statuses ? healthOf(statuses.get(registration)) : notInUse,
  }));
  if (!asked) return all;
  return asked.map(({ Id, Port = group.port }) => {
    const found = all.find(({ Target }) => Target.Id === Id && Target.Port === Port);
    return found ?? { Target: { Id, Port }, HealthCheckPort: healthPort(Port), TargetHealth: notRegistered };
  });
}

function healthOf(status: TargetStatus | undefined): TargetHealth {
  if (!status) return registering;
  const { status: State, reason, description } = status;
  return { State, ...(reason && { Reason: reason }), ...(description && { Description: description }) } as TargetHealth;
}
