import type { Cloud } from "#local/cloud/index.ts";
import type { Timer } from "#local/kernel/index.ts";
import { defineAlarm, type Alarm, type Definition } from "./alarm.ts";
import { evaluate, evaluationRange } from "./evaluate.ts";
import { metricMs, periodAt, periodStart } from "./metric-time.ts";
import { reasonOf } from "./reason.ts";
import { graceMs, metricKey, type Datum, type MetricStore } from "./series.ts";
import type { AlarmStore } from "./store.ts";

interface Watch {
  definition: Definition;
  /** Metrics by key. */
  metrics: ReadonlySet<string>;
  /** The last period that was judged; undefined when data came since, or the settings are new. */
  judged: number | undefined;
}

/** as AWS: alarms of high resolution are looked at every 10 seconds; the others have something new once a period. */
const tickSeconds = 10;

/** Judges each alarm when one of its periods is over, and again when data for a judged period comes late. */
export class AlarmEngine {
  readonly #cloud: Cloud;
  readonly #alarms: AlarmStore;
  readonly #metrics: MetricStore;
  readonly #watches = new Map<string, Watch>();
  #timer: Timer | undefined;

  constructor(cloud: Cloud, stores: { alarms: AlarmStore; metrics: MetricStore }) {
    this.#cloud = cloud;
    this.#alarms = stores.alarms;
    this.#metrics = stores.metrics;
  }

  /** Takes up the alarms that an earlier run left. */
  start(): void {
    for (const alarm of this.#alarms.list()) this.watch(alarm);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  watch({ name, settings }: Pick<Alarm, "name" | "settings">): void {
    const definition = defineAlarm(settings);
    this.#watches.set(name, {
      definition,
      metrics: new Set(definition.queries.metrics.map(metricKey)),
      judged: undefined,
    });
    this.#arm();
  }

  forget(name: string): void {
    this.#watches.delete(name);
  }

  /** Data came: alarms that have judged its period without it look again. */
  note(data: readonly Datum[]): void {
    for (const watch of this.#watches.values()) {
      const { periodSeconds } = watch.definition;
      const isLate = (datum: Datum) =>
        watch.metrics.has(metricKey(datum)) &&
        periodAt(this.#cloud.clock, periodSeconds, datum.at) <= (watch.judged ?? Number.POSITIVE_INFINITY);
      if (data.some(isLate)) watch.judged = undefined;
    }
  }

  #arm(): void {
    if (this.#timer || this.#watches.size === 0) return;
    const { clock } = this.#cloud;
    this.#timer = clock.at(clock.now() + metricMs(clock, tickSeconds), () => {
      this.#timer = undefined;
      if (this.#cloud.stopping.aborted) return;
      for (const [name, watch] of this.#watches) this.#judge(name, watch);
      this.#arm();
    });
  }

  #judge(name: string, watch: Watch): void {
    const { clock } = this.#cloud;
    const { periodSeconds, evaluationPeriods, queries, watched, comparison, threshold } = watch.definition;
    const now = clock.now();
    const last = periodAt(clock, periodSeconds, now - graceMs(clock)) - 1;
    if (watch.judged === last) return;
    watch.judged = last;
    const alarm = this.#alarms.get(name);
    if (!alarm) return;
    const from = last - evaluationRange(evaluationPeriods) + 1;
    const values = queries.read(this.#metrics, watched, { from, to: last });
    const judged = values.map((value) => (value === undefined ? undefined : comparison.breaches(value, threshold)));
    const { state, filled } = evaluate(judged, watch.definition);
    if (state === undefined || state === alarm.state.value) return;
    const points = values
      .flatMap((value, index) =>
        value === undefined ? [] : [{ value, start: periodStart(clock, periodSeconds, from + index) }],
      )
      .slice(-evaluationPeriods);
    const told = reasonOf({ definition: watch.definition, points, verdict: { state, filled }, now });
    this.#alarms.setState(alarm, { value: state, updatedAt: now, ...told });
  }
}
