import { InvalidNextTokenException } from "@aws-sdk/client-codedeploy";

const size = 100;

/** One page of names; the token is the number of those before it. */
export function page<T>(
  all: readonly T[],
  nextToken: string | undefined,
): { items: T[]; next: { nextToken?: string } } {
  const start = nextToken === undefined ? 0 : Number(nextToken);
  if (!Number.isInteger(start) || start < 0)
    throw new InvalidNextTokenException({ message: `The next token ${nextToken} is invalid.`, $metadata: {} });
  const end = start + size;
  return { items: all.slice(start, end), next: end < all.length ? { nextToken: String(end) } : {} };
}
