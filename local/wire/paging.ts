import type { NormalizedSchema } from "@smithy/core/schema";

/** How an operation pages: the names of its members. */
export interface Paging {
  /** Input member that carries the token of a page. */
  token: string;
  /** Output member that carries the token of the next page. */
  next: string;
  /** Input member for the size of a page. */
  size: string | undefined;
  /** Output members that are lists. */
  lists: readonly string[];
}

const tokenName = /^(nextToken|marker)$/i;
const nextName = /^(nextToken|marker|nextMarker)$/i;
const sizeName = /^(maxResults|maxRecords|maxItems|limit|pageSize)$/i;

/** Undefined for an operation that does not page. AWS's names are conventions: paginators of the clients have them for some operations only. */
export function pagingOf(input: NormalizedSchema, output: NormalizedSchema): Paging | undefined {
  if (input.isUnitSchema() || output.isUnitSchema()) return undefined;
  const members = [...input.structIterator()].map(([name]) => name);
  const results = [...output.structIterator()];
  const token = members.find((name) => tokenName.test(name));
  const next = results.find(([name]) => nextName.test(name))?.[0];
  const size = members.find((name) => sizeName.test(name));
  if (token === undefined || next === undefined) return undefined;
  const lists = results.flatMap(([name, schema]) => (schema.isListSchema() ? [name] : []));
  return { token, next, size, lists };
}
