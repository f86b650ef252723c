import { invalidPageToken } from "./errors.ts";

interface Page<T> {
  items: T[];
  nextToken?: string;
}

/** A page of a sorted list. The token names the last item told, so that what comes new shifts nothing. */
export function page<T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  asked: { nextToken?: string | undefined; maxResults?: number | undefined },
): Page<T> {
  const size = asked.maxResults || 100;
  const first = asked.nextToken === undefined ? 0 : afterToken(all, keyOf, asked.nextToken);
  const items = all.slice(first, first + size);
  const last = items.at(-1);
  if (last === undefined || first + size >= all.length) return { items };
  return { items, nextToken: Buffer.from(keyOf(last)).toString("base64url") };
}

function afterToken<T>(all: readonly T[], keyOf: (item: T) => string, token: string): number {
  const key = Buffer.from(token, "base64url").toString("utf8");
  const index = all.findIndex((item) => keyOf(item) === key);
  if (index < 0) throw invalidPageToken();
  return index + 1;
}
