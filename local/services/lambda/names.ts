import type { Cloud } from "#local/cloud/index.ts";
import { functionNotFound } from "./faults.ts";

/** Name of a function from a name, an ARN or a partial ARN, each with or without `:$LATEST`; there are no versions and aliases here. */
export function functionNameOf(cloud: Cloud, text: string, qualifier?: string): string {
  const deps = /^(?:(?:arn:aws:lambda:([^:]*):)?(\d{12}):function:)?([\w-]+)(?::([^:]+))?$/.exec(text);
  const [, region = cloud.region, account = cloud.accountId, name = text, suffix = "$LATEST"] = deps ?? [];
  const isHere = region === cloud.region && account === cloud.accountId;
  if (deps && isHere && suffix === "$LATEST" && (qualifier ?? "$LATEST") === "$LATEST") return name;
  throw functionNotFound(`arn:aws:lambda:${region}:${account}:function:${name}:${qualifier ?? suffix}`);
}

export const functionArn = (cloud: Cloud, name: string) => cloud.arn("lambda", `function:${name}`);
