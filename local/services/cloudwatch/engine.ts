import type { Cloud } from "#local/cloud/index.ts";
import type { Timer } from "#local/kernel/index.ts";
import { defineAlarm, type Alarm, type Definition } from "./alarm.ts";
import { evaluate, evaluationRange } from "./evaluate.ts";
import { metricMs, periodAt, periodStart } from "./metric-time.ts";
import { reasonOf } from "./reason.ts";
import { lateDataMs, metricKey, type Datum, type MetricStore } from "./series.ts";
import type { Store } from "./store.ts";

interface Watch {
  definition: Definition;
  /** Metrics by key. */
  metrics: ReadonlySet<string>;
  /** The last evaluated period; undefined when late data has arrived or the settings are new. */
  evaluated: number | undefined;
}

/** as AWS: high-resolution alarms are evaluated every 10 seconds; the others change once a period. */
const tickSeconds = 10;

/** Evaluates each alarm at the end of every period, and again when late data for an evaluated period arrives. */
export class AlarmEngine {
  readonly #cloud: Cloud;
  readonly #alarms: Store;
  readonly #metrics: MetricStore;
  readonly #watches = new Map<string, Watch>();
  #timer: Timer | undefined;

  constructor({ cloud, alarms, metrics }: { cloud: Cloud; alarms: Store; metrics: MetricStore }) {
    this.#cloud = cloud;
    this.#alarms = alarms;
    this.#metrics = metrics;
  }

  /** Resumes the alarms of an earlier run. */
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
      evaluated: undefined,
    });
    this.#arm();
  }

  unwatch(name: string): void {
    this.#watches.delete(name);
  }

  /** Marks alarms that have already evaluated the period of the data. */
  reevaluateLate(data: readonly Datum[]): void {
    for (const watch of this.#watches.values()) {
      const { periodSeconds } = watch.definition;
      const isAlreadyEvaluated = (datum: Datum) =>
        watch.metrics.has(metricKey(datum)) &&
        periodAt(this.#cloud.clock, periodSeconds, datum.at) <= (watch.evaluated ?? Number.POSITIVE_INFINITY);
      if (data.some(isAlreadyEvaluated)) watch.evaluated = undefined;
    }
  }

  #arm(): void {
    if (this.#timer || this.#watches.size === 0) return;
    const { clock } = this.#cloud;
    this.#timer = clock.at(clock.now() + metricMs(clock, tickSeconds), () => {
      this.#timer = undefined;
      if (this.#cloud.stopping.aborted) return;
      for (const [name, watch] of this.#watches) this.#evaluate(name, watch);
      this.#arm();
    });
  }

  #evaluate(name: string, watch: Watch): void {
    const { clock } = this.#cloud;
    const { periodSeconds, evaluationPeriods, queries, watched, comparison, threshold } = watch.definition;
    const now = clock.now();
    const last = periodAt(clock, periodSeconds, now - lateDataMs(clock)) - 1;
    if (watch.evaluated === last) return;
    watch.evaluated = last;
    const alarm = this.#alarms.get(name);
    if (!alarm) return;
    const from = last - evaluationRange(evaluationPeriods) + 1;
    const values = queries.read(this.#metrics, watched, { from, to: last });
    const datapoints = values.map((value) => (value === undefined ? undefined : comparison.breaches(value, threshold)));
    const { state, filled } = evaluate(datapoints, watch.definition);
    if (state === undefined || state === alarm.state.value) return;
    const points = values
      .flatMap((value, index) =>
        value === undefined ? [] : [{ value, start: periodStart(clock, periodSeconds, from + index) }],
      )
      .slice(-evaluationPeriods);
    const reason = reasonOf({ definition: watch.definition, points, evaluation: { state, filled }, now });
    this.#alarms.setState(alarm, { value: state, updatedAt: now, ...reason });
  }
}
