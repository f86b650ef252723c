import type { AccessRequest } from "./service.ts";

/** Per input member that names a resource, the resource's part of the ARN with `*` for the name, e.g. `db:*`; `arn` for one that is an ARN. */
export interface ArnRules {
  service: string;
  members: Readonly<Record<string, string>>;
  /** Resource of an operation that was given no name, e.g. `db:*`. */
  unnamed: Readonly<Record<string, string>>;
}

/** What IAM is asked about an operation: every resource that its input names. */
export function askedOf(
  rules: ArnRules,
  arn: (service: string, resource: string) => string,
  call: { operation: string; input: object },
): Partial<AccessRequest> {
  const named = Object.entries(rules.members).flatMap(([member, pattern]) => {
    const names: unknown[] = [Reflect.get(call.input, member) ?? []].flat();
    return names.map((name) => {
      const text = String(name);
      return pattern === "arn" || text.startsWith("arn:")
        ? text
        : arn(rules.service, pattern.replace("*", text.toLowerCase()));
    });
  });
  const unnamed = rules.unnamed[call.operation];
  if (named.length > 0) return { resources: named };
  return unnamed === undefined ? {} : { resources: [arn(rules.service, unnamed)] };
}
