import { createHash } from "node:crypto";
import { AwsError, type OperationSchema } from "#local/wire/index.ts";
import { z } from "zod";

/** How many items a page may have. */
export interface PageBounds {
  /** The default is 1; with 0, a request for 0 gets the default size. */
  minSize?: number;
  maxSize: number;
  /** Size of a page when the request names none; the default is `maxSize`. */
  defaultSize?: number;
  /** The output member that is paged, for an output with several lists. */
  list?: string;
}

/** How a service pages: bounds for all of its operations, those of single operations, and the names of its errors. */
export interface PageRules extends PageBounds {
  /** Name of the error for a size out of bounds. */
  invalidSize: string;
  /** Name of the error for a token that was not issued here. */
  invalidToken: string;
  operations?: Readonly<Record<string, Partial<PageBounds>>>;
}

interface Listing {
  operation: OperationSchema;
  input: object;
  output: unknown;
}

/** One page of an output that has the whole list. */
export function pageOf(rules: PageRules, { operation, input, output }: Listing): unknown {
  const { paging, key } = operation;
  if (!paging || typeof output !== "object" || output === null) return output;
  const bounds = { ...rules, ...rules.operations?.[key] };
  const list = bounds.list ?? paging.lists[0] ?? "";
  const items: unknown = Reflect.get(output, list);
  if (!Array.isArray(items)) return output;
  const start = startOf(items, Reflect.get(input, paging.token));
  if (start === undefined) throw new AwsError(rules.invalidToken, `The value of ${paging.token} is invalid.`);
  const end = start + sizeOf(bounds, paging.size, input);
  return {
    ...output,
    [list]: items.slice(start, end),
    ...(end < items.length && { [paging.next]: tokenOf(items, end) }),
  };
}

function sizeOf(rules: PageRules, member: string | undefined, input: object): number {
  const { minSize = 1, maxSize, defaultSize = maxSize } = rules;
  const requested: unknown = member === undefined ? undefined : Reflect.get(input, member);
  const size = Number(requested ?? defaultSize);
  if (size === 0 && minSize === 0) return defaultSize;
  if (Number.isInteger(size) && size >= minSize && size <= maxSize) return size;
  throw new AwsError(
    rules.invalidSize,
    `Invalid value ${size} for ${member}. Fix: use a number between ${minSize} and ${maxSize}.`,
  );
}

const digestOf = (item: unknown) =>
  createHash("sha256")
    .update(JSON.stringify(item) ?? "")
    .digest("base64url")
    .slice(0, 16);

/** A token names the last item before its page, so that new items shift nothing, and its place for when that item changes or disappears. */
const tokenOf = (items: readonly unknown[], end: number) =>
  Buffer.from(JSON.stringify([end, digestOf(items[end - 1])])).toString("base64url");

const tokenContent = z.tuple([z.number().int().positive(), z.string()]);

/** Undefined for an invalid token. */
function startOf(items: readonly unknown[], token: unknown): number | undefined {
  if (typeof token !== "string") return 0;
  const content = tokenContent.safeParse(parsed(Buffer.from(token, "base64url").toString("utf8")));
  if (!content.success) return undefined;
  const [place, digest] = content.data;
  if (digestOf(items[place - 1]) === digest) return place;
  const index = items.findIndex((item) => digestOf(item) === digest);
  return index < 0 ? Math.min(place, items.length) : index + 1;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
