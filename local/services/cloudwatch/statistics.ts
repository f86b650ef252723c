/** The values of one metric in one stored period, summarized. */
export interface Summary {
  sum: number;
  count: number;
  min: number;
  max: number;
  /** Count per value. Absent for statistic sets, which have no single values and therefore no percentiles. */
  values?: [value: number, count: number][];
}

/** Above this number of distinct values, values are rounded to two significant digits. */
const maxValues = 500;

export function merge(a: Summary, b: Summary): Summary {
  const whole = {
    sum: a.sum + b.sum,
    count: a.count + b.count,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
  };
  return a.values && b.values ? { ...whole, values: mergeValues([...a.values, ...b.values]) } : whole;
}

function mergeValues(values: readonly [number, number][]): [number, number][] {
  const merged = tally(values);
  if (merged.length <= maxValues) return merged;
  return tally(merged.map(([value, count]) => [Number(value.toPrecision(2)), count]));
}

function tally(values: readonly [number, number][]): [number, number][] {
  const counts = new Map<number, number>();
  for (const [value, count] of values) counts.set(value, (counts.get(value) ?? 0) + count);
  return [...counts].sort(([a], [b]) => a - b);
}

const simple: Readonly<Record<string, (summary: Summary) => number>> = {
  SampleCount: ({ count }) => count,
  Sum: ({ sum }) => sum,
  Average: ({ sum, count }) => sum / count,
  Minimum: ({ min }) => min,
  Maximum: ({ max }) => max,
};

/** A statistic by AWS's name, including `p95` and `p99.9`; undefined if it is not supported here. */
export function statisticOf(name: string): ((summary: Summary) => number | undefined) | undefined {
  const percent = /^p(100|\d{1,2}(?:\.\d{1,10})?)$/.exec(name)?.[1];
  return percent === undefined ? simple[name] : (summary) => percentile(summary, Number(percent) / 100);
}

function percentile({ values, min, max, count }: Summary, share: number): number | undefined {
  // as AWS: a statistic set has percentiles only if all its values are equal.
  if (!values) return min === max ? min : undefined;
  let left = share * count;
  for (const [value, times] of values) {
    left -= times;
    if (left <= 1e-9) return value;
  }
  return max;
}
