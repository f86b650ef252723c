import type { TargetGroupConfig } from "./config.ts";
import { Tally } from "./counters.ts";
import { healthy, initialHealth } from "./health.ts";
import { watchHealth, type HealthWatch } from "./health-watch.ts";
import { Target, type TargetOptions } from "./target.ts";

export interface GroupEvents {
  /** The set of healthy targets is another one. */
  onHealth(): void;
}

/** A target group: who is in it, who of them is well, and whose turn it is. */
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

  /** Whose turn it is among those that may be asked, if possible not `except`. */
  choose(except?: Target): Target | undefined {
    const { length } = this.#eligible;
    for (let tried = 0; tried < length; tried += 1) {
      this.#turn = (this.#turn + 1) % length;
      const target = this.#eligible[this.#turn];
      if (target !== except) return target;
    }
    return except && this.#eligible.includes(except) ? except : undefined;
  }

  /** Takes on a new configuration without touching what is in flight. `knownHealthy`: targets that were well before a restart. */
  apply(config: TargetGroupConfig, options: TargetOptions, knownHealthy: ReadonlySet<string>): void {
    this.#config = config;
    const wanted = new Set(config.targets.map(({ id }) => id));
    for (const [id, target] of this.targets) if (!wanted.has(id)) this.#remove(target);
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

  /** as AWS: only groups that a listener forwards to are checked. */
  use(isUsed: boolean): void {
    if (this.#isUsed && !isUsed) for (const target of this.targets.values()) target.health = initialHealth;
    this.#isUsed = isUsed;
    this.#refresh();
  }

  /** Deregistered, and nothing of it is left. */
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
    const well = registered.filter(({ health }) => health.status === "healthy");
    // as AWS: when all are ill, all are asked. Those that have not answered a check yet are not.
    this.#eligible = well.length > 0 ? well : registered.filter(({ health }) => health.status === "unhealthy");
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
