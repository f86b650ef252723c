import type { TargetGroupConfig } from "./config.ts";
import { Tally } from "./counters.ts";
import { healthy, initialHealth } from "./health.ts";
import { watchHealth, type HealthWatch } from "./health-watch.ts";
import { Target, type TargetOptions } from "./target.ts";

export interface GroupEvents {
  /** The set of healthy targets may have changed. */
  onHealth(): void;
}

/** A target group: its targets, their health, and round robin between the eligible ones. */
export class TargetGroup {
  readonly arn: string;
  readonly tally = new Tally();
  readonly targets = new Map<string, Target>();
  #config: TargetGroupConfig;
  #isUsed = false;
  #eligible: readonly Target[] = [];
  #turn = 0;
  readonly #watches = new Map<string, HealthWatch>();
  readonly #drains = new Map<string, NodeJS.Timeout>();
  readonly #events: GroupEvents;

  constructor(config: TargetGroupConfig, events: GroupEvents) {
    this.arn = config.arn;
    this.#config = config;
    this.#events = events;
  }

  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** Next eligible target, if possible not `except`. */
  choose(except?: Target): Target | undefined {
    const { length } = this.#eligible;
    for (let tried = 0; tried < length; tried += 1) {
      this.#turn = (this.#turn + 1) % length;
      const target = this.#eligible[this.#turn];
      if (target !== except) return target;
    }
    return except && this.#eligible.includes(except) ? except : undefined;
  }

  /** Applies a configuration without interrupting in-flight requests. `knownHealthy`: targets that were healthy before a restart. */
  apply(config: TargetGroupConfig, options: TargetOptions, knownHealthy: ReadonlySet<string>): void {
    this.#config = config;
    const configured = new Set(config.targets.map(({ id }) => id));
    for (const [id, target] of this.targets) if (!configured.has(id)) this.#remove(target);
    for (const each of config.targets) {
      const known = this.targets.get(each.id);
      const target = known ?? new Target(each, options);
      if (!known && knownHealthy.has(each.id)) target.health = healthy;
      target.drainingSince = each.drainingSince;
      this.targets.set(each.id, target);
      if (each.drainingSince !== undefined) this.#drain(target, each.drainingSince);
    }
    this.#refresh();
  }

  /** as AWS: only groups that a listener forwards to are health-checked. */
  use(isUsed: boolean): void {
    if (this.#isUsed && !isUsed) for (const target of this.targets.values()) target.health = initialHealth;
    this.#isUsed = isUsed;
    this.#refresh();
  }

  /** Deregistered, and no request is in flight any more. */
  isDrained({ drainingSince, inFlight }: Target): boolean {
    if (drainingSince === undefined) return false;
    const age = Date.now() - drainingSince;
    const { shown, limit } = this.#config.drain;
    return age >= limit || (inFlight.size === 0 && age >= shown);
  }

  stop(): void {
    for (const target of this.targets.values()) this.#remove(target);
  }

  #remove(target: Target): void {
    this.targets.delete(target.id);
    this.#stopWatch(target);
    clearTimeout(this.#drains.get(target.id));
    this.#drains.delete(target.id);
    target.retire();
  }

  #refresh(): void {
    const registered = [...this.targets.values()].filter(({ drainingSince }) => drainingSince === undefined);
    const healthyTargets = registered.filter(({ health }) => health.status === "healthy");
    // as AWS: when all targets are unhealthy, all of them get requests (fail open), but not those without a first check result.
    this.#eligible =
      healthyTargets.length > 0 ? healthyTargets : registered.filter(({ health }) => health.status === "unhealthy");
    for (const target of this.targets.values()) {
      if (!this.#isUsed || target.drainingSince !== undefined) this.#stopWatch(target);
      else if (!this.#watches.has(target.id)) this.#startWatch(target);
    }
    this.#events.onHealth();
  }

  #stopWatch({ id }: Target): void {
    this.#watches.get(id)?.stop();
    this.#watches.delete(id);
  }

  #startWatch(target: Target): void {
    const watch = watchHealth(
      target,
      () => this.#config.healthCheck,
      () => this.#refresh(),
    );
    this.#watches.set(target.id, watch);
  }

  #drain(target: Target, since: number): void {
    if (this.#drains.has(target.id)) return;
    const { limit } = this.#config.drain;
    const cut = () => {
      this.tally.add("CutCount", target.cutAll());
    };
    this.#drains.set(target.id, setTimeout(cut, Math.max(since + limit - Date.now(), 0)));
  }
}
