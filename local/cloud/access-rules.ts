import { z } from "zod";
import type { Clients, OperationInput, OperationName, ServiceName } from "./clients.ts";

/** What IAM is asked before a handler runs. */
export interface AccessRequest {
  /** e.g. `codecommit:GitPush` */
  action: string;
  /** ARNs that the call touches; `*` where AWS has no resource-level permission for the action. */
  resources: readonly string[];
  /** Other actions that the call requires, for example to tag what it creates. */
  also?: readonly Pick<AccessRequest, "action" | "resources">[];
  /** Role ARNs that the call passes to a service: each needs `iam:PassRole`. */
  passedRoles?: readonly string[];
  /** Condition keys with their values, e.g. `ecs:cluster`. */
  context?: Readonly<Record<string, string>>;
}

type MemberOf<S extends ServiceName, N extends string> = keyof OperationInput<Clients[S], N> & string;

/**
 * The resource part of an ARN, with the members of the input that name it: `db:{DBInstanceIdentifier}`.
 * A member that is missing is `*`, or with `{Member?}` leaves the resource out. A list is one resource each. A value that is an ARN replaces the whole.
 */
type ArnTemplate<
  S extends ServiceName,
  N extends string,
> = `${string}{${MemberOf<S, N> | `${MemberOf<S, N>}?`}}${string}`;

/** What IAM is asked about an operation: the resources that its input names, or what a function derives from it. */
export type AccessRule<S extends ServiceName, N extends string> =
  | ArnTemplate<S, N>
  | readonly ArnTemplate<S, N>[]
  /** Its resources are ARNs or, of this service, their resource parts. */
  | ((input: OperationInput<Clients[S], N>) => Partial<AccessRequest>);

/** Per operation, what differs from the plain case of action `<iamPrefix>:<Operation>` on resource `*`. */
export type AccessRules<S extends ServiceName> = { [N in OperationName<Clients[S]>]?: AccessRule<S, N> };

export type AnyAccessRule = string | readonly string[] | ((input: never) => Partial<AccessRequest>);

/** The request that a rule makes of an input; `arn` completes the resource part of an ARN. */
export function accessRequest(
  rule: AnyAccessRule | undefined,
  input: object,
  arn: (resource: string) => string,
): Partial<AccessRequest> {
  if (rule === undefined) return {};
  const { resources, also, ...request } =
    typeof rule === "function"
      ? rule(input as never) // both are of the operation whose schema the input was checked against
      : { resources: [rule].flat().flatMap((template) => expand({ done: "", rest: template }, input)) };
  const isWhole = (resource: string) => resource === "*" || resource.startsWith("arn:");
  const complete = (all: readonly string[]) => all.map((each) => (isWhole(each) ? each : arn(each)));
  return {
    ...request,
    ...(resources && { resources: complete(resources) }),
    ...(also && { also: also.map((other) => ({ ...other, resources: complete(other.resources) })) }),
  };
}

const placeholder = /\{(\w+)(\??)\}/;

/** Fills in the placeholders one after the other; what was filled in is not read again. */
function expand({ done, rest }: { done: string; rest: string }, input: object): string[] {
  const match = placeholder.exec(rest);
  if (!match) return [done + rest];
  const [whole, member = "", optional] = match;
  const value: unknown = Reflect.get(input, member);
  if (value === undefined && optional) return [];
  return z
    .array(z.string())
    .parse([value ?? "*"].flat())
    .flatMap((name) => {
      if (name.startsWith("arn:")) return [name];
      const after = rest.slice(match.index + whole.length);
      return expand({ done: done + rest.slice(0, match.index) + name, rest: after }, input);
    });
}
