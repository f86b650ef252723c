import type { Dimension, StandardUnit } from "@aws-sdk/client-cloudwatch";
import type { Cloud } from "#local/cloud/index.ts";
import type { Clock, Collection, Store } from "#local/kernel/index.ts";
import { metricMs, periodAt, periodStart } from "./metric-time.ts";
import { merge, type Summary } from "./statistics.ts";

export interface MetricName {
  namespace: string;
  name: string;
  dimensions: readonly Dimension[];
}

export interface Datum extends MetricName {
  at: number;
  /** 60, or 1 for a metric of high resolution. */
  resolution: Resolution;
  unit: StandardUnit;
  summary: Summary;
}

const resolutions = [60, 1] as const;
type Resolution = (typeof resolutions)[number];

/** A day of minutes, the longest an alarm looks back; three hours of seconds, as AWS keeps them. */
const keptPoints = { 60: 1500, 1: 10_800 } as const;

/** One metric in one resolution. */
interface Series extends MetricName {
  key: string;
  resolution: Resolution;
  unit: StandardUnit;
}

/** What was measured in one period of a series. */
interface Point {
  start: number;
  summary: Summary;
}

/** Names one metric: a namespace, a name and a set of dimensions. */
export const metricKey = ({ namespace, name, dimensions }: MetricName): string =>
  JSON.stringify([namespace, name, ...dimensions.map(({ Name, Value }) => `${Name}=${Value}`).sort()]);

/** All data points, by series and period: in memory to be looked at, in the store to last. */
export class MetricStore {
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #records: Collection<Series>;
  readonly #kept: Collection<Point>;
  readonly #series = new Map<string, Series>();
  readonly #points = new Map<string, Map<number, Summary>>();

  constructor({ clock, store }: Pick<Cloud, "clock" | "store">) {
    this.#clock = clock;
    this.#store = store;
    this.#records = store.collection("cloudwatch.metrics");
    this.#kept = store.collection("cloudwatch.points");
    for (const series of this.#records.list()) this.#load(series);
  }

  put(data: readonly Datum[]): void {
    this.#store.transaction(() => {
      for (const datum of data) this.#put(datum);
    });
  }

  metrics(): readonly Series[] {
    return [...this.#series.values()];
  }

  unitOf(metric: MetricName): StandardUnit {
    const found = resolutions.map((resolution) => this.#series.get(seriesKey(metric, resolution)));
    return found.find((series) => series !== undefined)?.unit ?? "None";
  }

  /** Per period of `seconds` from the first to the last: what was measured in it. */
  read(metric: MetricName, seconds: number, { from, to }: { from: number; to: number }): (Summary | undefined)[] {
    const found = Array.from<Summary | undefined>({ length: Math.max(to - from + 1, 0) });
    for (const resolution of resolutions) {
      const points = this.#points.get(seriesKey(metric, resolution)) ?? new Map<number, Summary>();
      for (const [period, summary] of points) {
        const slot = Math.floor((period * resolution) / seconds) - from;
        if (slot < 0 || slot >= found.length) continue;
        const known = found[slot];
        found[slot] = known ? merge(known, summary) : summary;
      }
    }
    return found;
  }

  #load(series: Series): void {
    this.#series.set(series.key, series);
    const points = new Map<number, Summary>();
    this.#points.set(series.key, points);
    for (const key of this.#kept.keys(`${series.key}\n`)) {
      const point = this.#kept.get(key);
      if (!point) continue;
      const period = periodAt(this.#clock, series.resolution, point.start);
      // What was kept at another speed fits no period of now.
      if (key === this.#pointKey(series.key, this.#startOf(series, period))) points.set(period, point.summary);
      else this.#kept.delete(key);
    }
  }

  #put(datum: Datum): void {
    const { key, resolution } = this.#seriesOf(datum);
    const points = this.#points.get(key) ?? new Map<number, Summary>();
    this.#points.set(key, points);
    const period = periodAt(this.#clock, resolution, datum.at);
    const known = points.get(period);
    const summary = known ? merge(known, datum.summary) : datum.summary;
    points.set(period, summary);
    const start = this.#startOf(datum, period);
    this.#kept.put(this.#pointKey(key, start), { start, summary });
    const [oldest = period] = points.keys();
    if (points.size <= keptPoints[resolution]) return;
    points.delete(oldest);
    this.#kept.delete(this.#pointKey(key, this.#startOf(datum, oldest)));
  }

  #seriesOf(datum: Datum): Series {
    const { resolution, unit, namespace, name, dimensions } = datum;
    const key = seriesKey(datum, resolution);
    const known = this.#series.get(key);
    if (known) return known;
    const series = { key, resolution, unit, namespace, name, dimensions };
    this.#series.set(key, series);
    this.#records.put(key, series);
    return series;
  }

  #startOf({ resolution }: { resolution: Resolution }, period: number): number {
    return periodStart(this.#clock, resolution, period);
  }

  #pointKey(key: string, start: number): string {
    return `${key}\n${start.toFixed(3).padStart(18, "0")}`;
  }
}

const seriesKey = (metric: MetricName, resolution: Resolution) => `${metricKey(metric)}/${resolution}`;

/** How late a data point may be and still be told before its period is judged. */
export const graceMs = (clock: Pick<Clock, "speed">): number => metricMs(clock, 10);
