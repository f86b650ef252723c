import { createHash } from "node:crypto";
import type { Cloud, ResourceContext, ResourceState } from "#local/cloud/index.ts";
import { ProvisioningFailed } from "./errors.ts";
import type { Scope } from "./intrinsics.ts";
import type { Json } from "./json.ts";
import type { Assembly, AssemblyStack } from "./read-assembly.ts";

type CloudFacts = Pick<Cloud, "accountId" | "region" | "partition" | "arn">;

interface Provisioned {
  /** Resources of the stack, by logical id. */
  states: ReadonlyMap<string, ResourceState>;
  /** Exported outputs of the stacks before, by name as JSON. */
  exported: ReadonlyMap<string, Json>;
}

/** The values that intrinsic functions of a stack's template can refer to. */
export function createScope(
  cloud: CloudFacts,
  { name, template }: AssemblyStack,
  { states, exported }: Provisioned,
): Scope {
  const pseudo: Record<string, Json> = {
    "AWS::AccountId": cloud.accountId,
    "AWS::Region": cloud.region,
    "AWS::Partition": cloud.partition,
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": name,
    "AWS::StackId": cloud.arn("cloudformation", `stack/${name}/local`),
  };
  return {
    ref: (id) => pseudo[id] ?? template.Parameters[id]?.Default ?? states.get(id)?.physicalId,
    attribute: (id, attribute) => states.get(id)?.attributes?.[attribute],
    condition: (id) => template.Conditions[id],
    mapping: (map, first, second) => template.Mappings[map]?.[first]?.[second],
    importValue: (id) => exported.get(JSON.stringify(id)),
    availabilityZones: () => ["a", "b", "c"].map((letter) => `${cloud.region}${letter}`),
  };
}

/** `replacement` identifies the resource among those that replace each other: it has another generated name. */
export function resourceContext(
  { assets }: Assembly,
  { stack, logicalId }: { stack: string; logicalId: string },
  replacement = "",
): ResourceContext {
  return {
    stackName: stack,
    logicalId,
    generatedName(maxLength = 60) {
      const suffix = digest(`${stack}/${logicalId}${replacement}`).slice(0, 12).toUpperCase();
      return `${`${stack}-${logicalId}`.slice(0, maxLength - suffix.length - 1)}-${suffix}`;
    },
    assetPath(_bucket, key) {
      const file = assets.get(key);
      if (file === undefined) throw new ProvisioningFailed(`the cloud assembly has no file asset ${key}`);
      return file;
    },
  };
}

export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
