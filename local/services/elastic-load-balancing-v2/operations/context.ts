import type { Cloud } from "#local/cloud/index.ts";
import type { Engine } from "../engine.ts";
import { invalid } from "../errors.ts";
import type { Store } from "../store.ts";

export interface Context {
  cloud: Cloud;
  store: Store;
  engine: Engine;
}

/** Refuses a call that gives what does nothing here. */
export function refuse<I extends object>(input: I, members: readonly (keyof I & string)[]): void {
  const given = members.filter((member) => input[member] !== undefined);
  if (given.length > 0) throw invalid(`Not supported by the local cloud: ${given.join(", ")}.`);
}

interface PageInput {
  PageSize?: number | undefined;
  Marker?: string | undefined;
}

const largestPage = 400;

/** At most `PageSize` items behind `Marker`. */
export function page<T>({ PageSize = largestPage, Marker = "0" }: PageInput, all: readonly T[]) {
  const start = Number(Marker);
  if (!Number.isInteger(start) || PageSize < 1 || PageSize > largestPage)
    throw invalid(`PageSize must be between 1 and ${largestPage}, and Marker come from an earlier answer.`);
  const end = start + PageSize;
  return { items: all.slice(start, end), next: all.length > end ? { NextMarker: String(end) } : {} };
}

export const tagRecord = (
  tags: readonly { Key?: string | undefined; Value?: string | undefined }[] = [],
): Record<string, string> => Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));

/** as AWS: names of load balancers and target groups have 1 to 32 letters, digits and hyphens. */
export function requireName(name: string, what: string): void {
  if (!/^(?!-)[A-Za-z0-9-]{1,32}(?<!-)$/.test(name))
    throw invalid(
      `The ${what} name '${name}' must have 1 to 32 letters, digits or hyphens and not begin or end with a hyphen`,
    );
}
