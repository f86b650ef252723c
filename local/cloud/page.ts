import type { OperationSchema } from "#local/wire/index.ts";
import { AwsError } from "#local/wire/index.ts";

/** How a service bounds its pages, and how it refuses a token or size. */
export interface PageRules {
  smallest?: number;
  largest: number;
  error: string;
}

/** One page of an output whose list is whole. The token is the number of items before the page. */
export function pageOf(
  rules: PageRules | undefined,
  { paging, output: shape }: OperationSchema,
  input: object,
  output: unknown,
): unknown {
  if (!rules || !paging || typeof output !== "object" || output === null) return output;
  const list = [...shape.structIterator()].find(([, member]) => member.isListSchema())?.[0] ?? "";
  const items: unknown = Reflect.get(output, list);
  if (!Array.isArray(items)) return output;
  const { smallest = 1, largest, error } = rules;
  const size = Number(Reflect.get(input, paging.size ?? "PageSize") ?? largest);
  const start = Number(Reflect.get(input, paging.token) ?? 0);
  if (size < smallest || size > largest)
    throw new AwsError(error, `Invalid value ${size} for ${paging.size}. Must be between ${smallest} and ${largest}.`);
  if (!Number.isInteger(start) || start < 0 || start > items.length)
    throw new AwsError(error, `Invalid ${paging.token}.`);
  const end = start + size;
  return { ...output, [list]: items.slice(start, end), ...(end < items.length && { [paging.next]: String(end) }) };
}
