/** The median; for an even number of values the upper of the two middle values. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Medians by key over several runs, in the key order of the first run. */
export function mediansByKey(runs: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const keys = [...new Set(runs.flatMap((run) => Object.keys(run)))];
  return Object.fromEntries(
    keys.map((key) => [key, rounded(median(runs.flatMap((run) => (key in run ? [run[key] ?? 0] : []))))]),
  );
}

export const rounded = (value: number, digits = 2): number => Number(value.toFixed(digits));

/** Median and range, such as `12.3 (11.9 – 14.0)`. */
export function spread(values: readonly number[]): string {
  return `${rounded(median(values))} (${rounded(Math.min(...values))} – ${rounded(Math.max(...values))})`;
}
