import type { Cloud } from "#local/cloud/index.ts";
import { functionNotFound } from "./errors.ts";

/** Name of a function from a name, an ARN or a partial ARN, each with or without `:$LATEST`; versions and aliases do not exist here. */
export function functionNameOf(cloud: Cloud, text: string, qualifier?: string): string {
  const parts = /^(?:(?:arn:aws:lambda:([^:]*):)?(\d{12}):function:)?([\w-]+)(?::([^:]+))?$/.exec(text);
  const [, region = cloud.region, account = cloud.accountId, name = text, suffix = "$LATEST"] = parts ?? [];
  const isHere = region === cloud.region && account === cloud.accountId;
  if (parts && isHere && suffix === "$LATEST" && (qualifier ?? "$LATEST") === "$LATEST") return name;
  throw functionNotFound(`arn:aws:lambda:${region}:${account}:function:${name}:${qualifier ?? suffix}`);
}

export const functionArn = (cloud: Cloud, name: string) => cloud.arn("lambda", `function:${name}`);
