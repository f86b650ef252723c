import type { Deps } from "../deps.ts";
import { invalid, listenerNotFound, loadBalancerNotFound, targetGroupNotFound } from "../faults.ts";
import type { Listener, LoadBalancer, TargetGroup } from "../store.ts";

export const findLoadBalancer = ({ store }: Deps, arn: string): LoadBalancer =>
  required(store.loadBalancers.get(arn), loadBalancerNotFound(arn));

export const findTargetGroup = ({ store }: Deps, arn: string): TargetGroup =>
  required(store.targetGroups.get(arn), targetGroupNotFound(arn));

export const findListener = ({ store }: Deps, arn: string): Listener =>
  required(store.listeners.get(arn), listenerNotFound(arn));

export function required<T>(record: T | undefined, notFound: Error): T {
  if (record === undefined) throw notFound;
  return record;
}

interface Selection {
  arns: readonly string[] | undefined;
  names: readonly string[] | undefined;
}

/** The records with these ARNs or names, in that order; all when neither is specified. */
export function select<T extends { arn: string; name: string }>(
  all: readonly T[],
  { arns, names }: Selection,
  notFound: (id: string) => Error,
): readonly T[] {
  const ids = arns ?? names;
  if (!ids) return all;
  return ids.map((id) =>
    required(
      all.find(({ arn, name }) => id === (arns ? arn : name)),
      notFound(id),
    ),
  );
}

/** as AWS: names of load balancers and target groups have 1 to 32 letters, digits and hyphens. */
export function requireName(name: string, what: string): void {
  if (!/^(?!-)[A-Za-z0-9-]{1,32}(?<!-)$/.test(name))
    throw invalid(
      `The ${what} name '${name}' must have 1 to 32 letters, digits or hyphens and not begin or end with a hyphen`,
    );
}

export function requirePort(port: number | undefined): asserts port is number {
  if (port === undefined) throw invalid("A port must be specified");
  if (!(port >= 1 && port <= 65_535)) throw invalid(`Port must be between 1 and 65535, not ${port}`);
}
