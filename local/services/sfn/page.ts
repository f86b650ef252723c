import { invalidToken } from "./faults.ts";

interface Page<T> {
  items: T[];
  nextToken?: string;
}

/** A page of a sorted list. The token names the last item returned, so that new items do not shift the pages. */
export function page<T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  request: { nextToken?: string | undefined; maxResults?: number | undefined },
): Page<T> {
  const size = request.maxResults || 100;
  const first = request.nextToken === undefined ? 0 : afterToken(all, keyOf, request.nextToken);
  const items = all.slice(first, first + size);
  const last = items.at(-1);
  if (last === undefined || first + size >= all.length) return { items };
  return { items, nextToken: Buffer.from(keyOf(last)).toString("base64url") };
}

function afterToken<T>(all: readonly T[], keyOf: (item: T) => string, token: string): number {
  const key = Buffer.from(token, "base64url").toString("utf8");
  const index = all.findIndex((item) => keyOf(item) === key);
  if (index < 0) throw invalidToken();
  return index + 1;
}
