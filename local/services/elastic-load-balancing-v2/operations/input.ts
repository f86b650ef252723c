import { invalid } from "../errors.ts";

/** Refuses input members that would have no effect. */
export function refuse<I extends object>(input: I, members: readonly (keyof I & string)[]): void {
  const unsupportedMembers = members.filter((member) => input[member] !== undefined);
  if (unsupportedMembers.length > 0)
    throw invalid(`${unsupportedMembers.join(", ")} not supported by the local cloud. Fix: leave it out.`);
}

interface PageInput {
  PageSize?: number | undefined;
  Marker?: string | undefined;
}

const largestPage = 400;

/** At most `PageSize` items after `Marker`. */
export function page<T>({ PageSize = largestPage, Marker = "0" }: PageInput, all: readonly T[]) {
  const start = Number(Marker);
  if (!Number.isInteger(start) || PageSize < 1 || PageSize > largestPage)
    throw invalid(`PageSize must be between 1 and ${largestPage}, and Marker must be a NextMarker.`);
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
