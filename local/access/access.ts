import type { Collection, Store } from "#local/kernel/index.ts";
import type { RequestContext } from "./conditions.ts";
import { awsManagedPolicies } from "./managed-policies.ts";
import { evaluate, parsePolicy, PolicyNotSupported, type Statement } from "./policy.ts";
import { holdsFor, type TrustedService } from "./trust.ts";

export interface RoleRecord {
  name: string;
  arn: string;
  trustedServices: readonly TrustedService[];
  inlinePolicies: Readonly<Record<string, unknown>>;
  managedPolicyArns: readonly string[];
}

/** A policy with its own resource: AWS::IAM::Policy (inline in several roles) or AWS::IAM::ManagedPolicy. */
export interface PolicyRecord {
  /** The policy's ARN, or the name of an inline one. */
  id: string;
  document: unknown;
  roleNames: readonly string[];
}

export interface Decision {
  allowed: boolean;
  /** The end of AWS's access denied message. */
  reason: string;
}

export interface Access {
  readonly roles: Collection<RoleRecord>;
  readonly policies: Collection<PolicyRecord>;
  putRole(role: RoleRecord): void;
  deleteRole(name: string): void;
  putPolicy(key: string, policy: PolicyRecord): void;
  deletePolicy(key: string): void;
  /** May the service assume the role, acting for the resource `sourceArn`? */
  trusts(roleArn: string, servicePrincipal: string, sourceArn?: string): boolean;
  /** May the role perform the action on the resource? */
  decide(roleArn: string, request: { action: string; resource: string; context: RequestContext }): Decision;
}

/** Roles and policies of the account, and how IAM decides about one action on one resource. */
export function createAccess(store: Store): Access {
  const roles = store.collection<RoleRecord>("iam.roles");
  const policies = store.collection<PolicyRecord>("iam.policies");
  const parsed = new Map<string, Statement[] | undefined>();
  const statementsOf = (roleArn: string) => {
    if (!parsed.has(roleArn)) parsed.set(roleArn, readStatements(roleArn));
    return parsed.get(roleArn);
  };
  const readStatements = (roleArn: string) => {
    const role = roles.get(nameOfRole(roleArn));
    if (role?.arn !== roleArn) return undefined;
    const attached = policies.list().filter(({ id, roleNames }) => {
      return roleNames.includes(role.name) || role.managedPolicyArns.includes(id);
    });
    const documents = [...Object.values(role.inlinePolicies), ...attached.map(({ document }) => document)];
    return [...documents.flatMap(parsePolicy), ...role.managedPolicyArns.flatMap((arn) => awsManaged(arn))];
  };
  return {
    roles,
    policies,
    putRole(role) {
      Object.values(role.inlinePolicies).forEach(parsePolicy);
      const unknown = role.managedPolicyArns.find((arn) => arn.startsWith(awsPrefix) && !(arn in awsManagedPolicies));
      if (unknown) throw unknownManagedPolicy(unknown, role.name);
      roles.put(role.name, role);
      parsed.clear();
    },
    deleteRole(name) {
      roles.delete(name);
      parsed.clear();
    },
    putPolicy(key, policy) {
      parsePolicy(policy.document);
      policies.put(key, policy);
      parsed.clear();
    },
    deletePolicy(key) {
      policies.delete(key);
      parsed.clear();
    },
    trusts(roleArn, servicePrincipal, sourceArn) {
      const role = roles.get(nameOfRole(roleArn));
      if (role?.arn !== roleArn) return false;
      return role.trustedServices.some(
        ({ service, conditions }) => service === servicePrincipal && holdsFor(conditions, sourceArn),
      );
    },
    decide(roleArn, request) {
      const verdict = evaluate(statementsOf(roleArn) ?? [], request);
      if (verdict === "allow") return { allowed: true, reason: "" };
      const reason =
        verdict === "deny"
          ? "with an explicit deny in an identity-based policy"
          : `because no identity-based policy allows the ${request.action} action`;
      return { allowed: false, reason };
    },
  };
}

const awsPrefix = "arn:aws:iam::aws:policy/";

const awsManaged = (arn: string) => (arn.startsWith(awsPrefix) ? parsePolicy(awsManagedPolicies[arn]) : []);

const unknownManagedPolicy = (arn: string, roleName: string) =>
  new PolicyNotSupported(
    `The AWS managed policy ${arn} of role ${roleName} is not supported by the local cloud. Supported: ${Object.keys(awsManagedPolicies).join(", ")}. Fix: copy its statements into a policy of your own.`,
  );

export const nameOfRole = (roleArn: string) => roleArn.slice(roleArn.lastIndexOf("/") + 1);
