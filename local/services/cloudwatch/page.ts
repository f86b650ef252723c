import { invalidValue } from "./faults.ts";

interface PageRequest {
  size: number;
  token: string | undefined;
}

/** A page of a list. The token names the last item returned. */
export function page<T>(all: readonly T[], keyOf: (item: T) => string, { size, token }: PageRequest) {
  const first = token === undefined ? 0 : afterToken(all, keyOf, token);
  const items = all.slice(first, first + size);
  const last = items.at(-1);
  if (last === undefined || first + size >= all.length) return { items };
  return { items, nextToken: Buffer.from(keyOf(last)).toString("base64url") };
}

function afterToken<T>(all: readonly T[], keyOf: (item: T) => string, token: string): number {
  const key = Buffer.from(token, "base64url").toString("utf8");
  const index = all.findIndex((item) => keyOf(item) === key);
  if (index < 0) throw invalidValue("The value of NextToken is invalid.");
  return index + 1;
}
