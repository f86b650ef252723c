import { InvalidParameterException } from "@aws-sdk/client-ecr";

export function pageOf<T>(items: readonly T[], token: string | undefined, size: number) {
  const start = Number(token ?? 0);
  if (!Number.isInteger(start) || start < 0)
    throw new InvalidParameterException({ message: `The nextToken "${token}" is invalid.`, $metadata: {} });
  const end = start + size;
  return { page: items.slice(start, end), next: end < items.length ? { nextToken: String(end) } : {} };
}
