import type { ProxyConfig } from "./config.ts";
import type { Health } from "./health.ts";
import { Listener } from "./listener.ts";
import { PeriodLog, type Period } from "./period-log.ts";
import { TargetGroup } from "./target-group.ts";

export interface ListenerStatus {
  arn: string;
  port: number;
  problem?: string | undefined;
}

export interface TargetStatus {
  id: string;
  status: "initial" | "healthy" | "unhealthy" | "draining" | "unused";
  reason?: Health["reason"] | (typeof draining | typeof unused)["reason"];
  description?: string;
  isDrained: boolean;
  inFlight: number;
}

export interface GatewayStatus {
  revision: number;
  listeners: ListenerStatus[];
  targetGroups: { arn: string; targets: TargetStatus[] }[];
}

/** A running load balancer: listeners and target groups of the configuration. */
export class Gateway {
  readonly #listeners = new Map<string, Listener>();
  readonly #groups = new Map<string, TargetGroup>();
  readonly #onHealth: () => void;
  readonly #log: PeriodLog;
  #revision = -1;

  constructor(onHealth: () => void) {
    this.#onHealth = onHealth;
    this.#log = new PeriodLog(() => this.#tallies());
  }

  /** Applies a configuration, unless it is older than the current one. Connections and in-flight requests are not interrupted. */
  async apply(config: ProxyConfig, knownHealthy: ReadonlySet<string> = new Set()): Promise<void> {
    if (config.revision < this.#revision) return;
    this.#revision = config.revision;
    this.#log.setPeriod(config.countingPeriod);
    this.#applyGroups(config, knownHealthy);
    await this.#applyListeners(config);
  }

  async status(): Promise<GatewayStatus> {
    return {
      revision: this.#revision,
      listeners: [...this.#listeners.values()].map(({ arn, port, problem }) => ({
        arn,
        port,
        problem,
      })),
      targetGroups: [...this.#groups.values()].map(statusOf),
    };
  }

  /** Metrics periods after `cursor`. */
  periodsAfter(cursor: number): Period[] {
    return this.#log.after(cursor);
  }

  healthyTargets(): string[] {
    return [...this.#groups.values()].flatMap(({ targets }) =>
      [...targets.values()].filter(({ health }) => health.status === "healthy").map(({ id }) => id),
    );
  }

  stop(): void {
    this.#log.stop();
    for (const listener of this.#listeners.values()) listener.close();
    for (const group of this.#groups.values()) group.stop();
  }

  #applyGroups({ targetGroups, listeners, idleTimeout }: ProxyConfig, knownHealthy: ReadonlySet<string>): void {
    const configured = new Set(targetGroups.map(({ arn }) => arn));
    const used = new Set(
      listeners.flatMap(({ action }) => (action.type === "forward" ? action.groups.map(({ arn }) => arn) : [])),
    );
    for (const [arn, group] of this.#groups) {
      if (configured.has(arn)) continue;
      group.stop();
      this.#groups.delete(arn);
    }
    for (const each of targetGroups) {
      const group = this.#groups.get(each.arn) ?? new TargetGroup(each, { onHealth: this.#onHealth });
      this.#groups.set(each.arn, group);
      group.apply(each, { idleTimeout }, knownHealthy);
      group.use(used.has(each.arn));
    }
  }

  async #applyListeners({ listeners, ...options }: ProxyConfig): Promise<void> {
    const ports = new Map(listeners.map(({ arn, port }) => [arn, port]));
    for (const [arn, listener] of this.#listeners) {
      if (ports.get(arn) === listener.port) continue;
      listener.close();
      this.#listeners.delete(arn);
    }
    const added: Listener[] = [];
    for (const each of listeners) {
      const known = this.#listeners.get(each.arn);
      const listener = known ?? new Listener(each, options);
      listener.apply(each, options, this.#groups);
      this.#listeners.set(each.arn, listener);
      if (!known) added.push(listener);
    }
    // Asynchronous, so after everything that has to happen in one step.
    await Promise.all(added.map((listener) => listener.listen()));
  }

  async #tallies() {
    const listeners = [...this.#listeners.values()].map(async ({ arn, tally, activeConnections }) => ({
      arn,
      counts: tally.take(),
      gauges: { ActiveConnectionCount: await activeConnections },
    }));
    const groups = [...this.#groups.values()].map(({ arn, tally, isUsed, targets }) => ({
      arn,
      counts: tally.take(),
      gauges: isUsed ? hostCounts([...targets.values()]) : {},
    }));
    return [...(await Promise.all(listeners)), ...groups];
  }
}

function hostCounts(targets: { health: { status: string }; drainingSince: number | undefined }[]) {
  const registered = targets.filter(({ drainingSince }) => drainingSince === undefined);
  const count = (status: string) => registered.filter(({ health }) => health.status === status).length;
  return { HealthyHostCount: count("healthy"), UnHealthyHostCount: count("unhealthy") };
}

const draining = {
  status: "draining",
  reason: "Target.DeregistrationInProgress",
  description: "Target deregistration is in progress",
} as const;

const unused = {
  status: "unused",
  reason: "Target.NotInUse",
  description: "Target group is not configured to receive traffic from the load balancer",
} as const;

function statusOf(group: TargetGroup): GatewayStatus["targetGroups"][number] {
  const targets = [...group.targets.values()].map((target): TargetStatus => {
    const { streak: _streak, ...health } = target.health;
    const shown = target.drainingSince !== undefined ? draining : group.isUsed ? health : unused;
    return { id: target.id, ...shown, isDrained: group.isDrained(target), inFlight: target.inFlight.size };
  });
  return { arn: group.arn, targets };
}
