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
  /** 60, or 1 for a high-resolution metric. */
  resolution: Resolution;
  unit: StandardUnit;
  summary: Summary;
}

const resolutions = [60, 1] as const;
type Resolution = (typeof resolutions)[number];

/** A day of minutes, the longest evaluation range of an alarm; three hours of seconds, as AWS keeps them. */
const maxPoints = { 60: 1500, 1: 10_800 } as const;

/** One metric in one resolution. */
interface Series extends MetricName {
  key: string;
  resolution: Resolution;
  unit: StandardUnit;
}

/** The data of one period of a series. */
interface Point {
  start: number;
  summary: Summary;
}

/** Identifies a metric: namespace, name and set of dimensions. */
export const metricKey = ({ namespace, name, dimensions }: MetricName): string =>
  JSON.stringify([namespace, name, ...dimensions.map(({ Name, Value }) => `${Name}=${Value}`).sort()]);

/** All data points by series and period: in memory for reading, in the store for restarts. */
export class MetricStore {
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #storedSeries: Collection<Series>;
  readonly #storedPoints: Collection<Point>;
  readonly #series = new Map<string, Series>();
  readonly #points = new Map<string, Map<number, Summary>>();

  constructor({ clock, store }: Pick<Cloud, "clock" | "store">) {
    this.#clock = clock;
    this.#store = store;
    this.#storedSeries = store.collection("cloudwatch.metrics");
    this.#storedPoints = store.collection("cloudwatch.points");
    for (const series of this.#storedSeries.list()) this.#load(series);
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
    const candidates = resolutions.map((resolution) => this.#series.get(seriesKey(metric, resolution)));
    return candidates.find((series) => series !== undefined)?.unit ?? "None";
  }

  /** One summary per period of `seconds`, from `from` to `to`; undefined where there is no data. */
  read(metric: MetricName, seconds: number, { from, to }: { from: number; to: number }): (Summary | undefined)[] {
    const summaries = Array.from<Summary | undefined>({ length: Math.max(to - from + 1, 0) });
    for (const resolution of resolutions) {
      const points = this.#points.get(seriesKey(metric, resolution)) ?? new Map<number, Summary>();
      for (const [period, summary] of points) {
        const slot = Math.floor((period * resolution) / seconds) - from;
        if (slot < 0 || slot >= summaries.length) continue;
        const earlier = summaries[slot];
        summaries[slot] = earlier ? merge(earlier, summary) : summary;
      }
    }
    return summaries;
  }

  #load(series: Series): void {
    this.#series.set(series.key, series);
    const points = new Map<number, Summary>();
    this.#points.set(series.key, points);
    for (const key of this.#storedPoints.keys(`${series.key}\n`)) {
      const point = this.#storedPoints.get(key);
      if (!point) continue;
      const period = periodAt(this.#clock, series.resolution, point.start);
      // Points stored at another speed do not align with the current periods.
      if (key === this.#pointKey(series.key, this.#startOf(series, period))) points.set(period, point.summary);
      else this.#storedPoints.delete(key);
    }
  }

  #put(datum: Datum): void {
    const { key, resolution } = this.#seriesOf(datum);
    const points = this.#points.get(key) ?? new Map<number, Summary>();
    this.#points.set(key, points);
    const period = periodAt(this.#clock, resolution, datum.at);
    const earlier = points.get(period);
    const summary = earlier ? merge(earlier, datum.summary) : datum.summary;
    points.set(period, summary);
    const start = this.#startOf(datum, period);
    this.#storedPoints.put(this.#pointKey(key, start), { start, summary });
    const [oldest = period] = points.keys();
    if (points.size <= maxPoints[resolution]) return;
    points.delete(oldest);
    this.#storedPoints.delete(this.#pointKey(key, this.#startOf(datum, oldest)));
  }

  #seriesOf(datum: Datum): Series {
    const { resolution, unit, namespace, name, dimensions } = datum;
    const key = seriesKey(datum, resolution);
    const existing = this.#series.get(key);
    if (existing) return existing;
    const series = { key, resolution, unit, namespace, name, dimensions };
    this.#series.set(key, series);
    this.#storedSeries.put(key, series);
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

/** How long an evaluation waits for data after the end of a period. */
export const lateDataMs = (clock: Pick<Clock, "speed">): number => metricMs(clock, 10);
