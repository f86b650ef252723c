import { z } from "zod";
import { trustedServices, type Access } from "#local/access/index.ts";
import { defineResource, type AnyResourceType, type ResourceContext } from "#local/cloud/index.ts";

const names = z.array(z.string());

/** CloudFormation types of IAM, which has no client here: roles and policies come from the template alone. */
export function iamResources(access: Access, accountId: string): AnyResourceType[] {
  const arn = (kind: "role" | "policy", name: string) => `arn:aws:iam::${accountId}:${kind}/${name}`;
  return [
    roleResource(access, (name) => arn("role", name)),
    inlinePolicyResource(access),
    managedPolicyResource(access, (name) => arn("policy", name)),
  ];
}

const roleProperties = z.strictObject({
  RoleName: z.string().optional(),
  AssumeRolePolicyDocument: z.unknown(),
  Policies: z.array(z.strictObject({ PolicyName: z.string(), PolicyDocument: z.unknown() })).default([]),
  ManagedPolicyArns: names.default([]),
  Path: z.literal("/").optional(),
});

function roleResource(access: Access, arnOf: (name: string) => string) {
  const put = (properties: z.infer<typeof roleProperties>, context: ResourceContext) => {
    const name = properties.RoleName ?? context.generatedName(64);
    access.putRole({
      name,
      arn: arnOf(name),
      trustedServices: trustedServices(properties.AssumeRolePolicyDocument),
      inlinePolicies: Object.fromEntries(
        properties.Policies.map((policy) => [policy.PolicyName, policy.PolicyDocument]),
      ),
      managedPolicyArns: properties.ManagedPolicyArns,
    });
    return { physicalId: name, attributes: { Arn: arnOf(name), RoleId: name } };
  };
  return defineResource({
    type: "AWS::IAM::Role",
    properties: roleProperties,
    inert: ["Description", "MaxSessionDuration", "Tags"],
    createOnly: ["RoleName", "Path"],
    nameProperty: "RoleName",
    create: put,
    update: (_existing, properties, context) => put(properties, context),
    delete: ({ physicalId }) => access.deleteRole(physicalId),
  });
}

const inlinePolicyProperties = z.strictObject({ PolicyName: z.string(), PolicyDocument: z.unknown(), Roles: names });

function inlinePolicyResource(access: Access) {
  const put = (properties: z.infer<typeof inlinePolicyProperties>, { stackName, logicalId }: ResourceContext) => {
    const id = `${stackName}/${logicalId}`;
    access.putPolicy(id, { id, document: properties.PolicyDocument, roleNames: properties.Roles });
    return { physicalId: id };
  };
  return defineResource({
    type: "AWS::IAM::Policy",
    properties: inlinePolicyProperties,
    create: put,
    update: (_existing, properties, context) => put(properties, context),
    delete: ({ physicalId }) => access.deletePolicy(physicalId),
  });
}

const managedPolicyProperties = z.strictObject({
  ManagedPolicyName: z.string().optional(),
  PolicyDocument: z.unknown(),
  Roles: names.default([]),
  Path: z.literal("/").optional(),
});

function managedPolicyResource(access: Access, arnOf: (name: string) => string) {
  const put = (properties: z.infer<typeof managedPolicyProperties>, context: ResourceContext) => {
    const id = arnOf(properties.ManagedPolicyName ?? context.generatedName(128));
    access.putPolicy(id, { id, document: properties.PolicyDocument, roleNames: properties.Roles });
    return { physicalId: id, attributes: { PolicyArn: id } };
  };
  return defineResource({
    type: "AWS::IAM::ManagedPolicy",
    properties: managedPolicyProperties,
    inert: ["Description"],
    createOnly: ["ManagedPolicyName", "Path", "Description"],
    nameProperty: "ManagedPolicyName",
    create: put,
    update: (_existing, properties, context) => put(properties, context),
    delete: ({ physicalId }) => access.deletePolicy(physicalId),
  });
}
