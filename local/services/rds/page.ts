import { invalidValue } from "./errors.ts";

interface PageInput {
  MaxRecords?: number | undefined;
  Marker?: string | undefined;
}

/** RDS's paging: at most `MaxRecords` (20 to 100) items behind `Marker`, in the order of their keys. */
export function page<T>(
  input: PageInput,
  all: readonly T[],
  keyOf: (item: T) => string,
): { items: T[]; next: { Marker?: string } } {
  const { MaxRecords: size = 100, Marker: marker = "" } = input;
  if (size < 20 || size > 100) throw invalidValue(`Invalid value ${size} for MaxRecords. Must be between 20 and 100.`);
  const rest = all.filter((item) => keyOf(item) > marker);
  const items = rest.slice(0, size);
  const last = items.at(-1);
  return { items, next: rest.length > size && last !== undefined ? { Marker: keyOf(last) } : {} };
}
