import { parse } from "yaml";
import { z } from "zod";
import { invalidRevision, messageOf } from "./faults.ts";

export const eventNames = [
  "BeforeInstall",
  "Install",
  "AfterInstall",
  "AllowTestTraffic",
  "AfterAllowTestTraffic",
  "BeforeAllowTraffic",
  "AllowTraffic",
  "AfterAllowTraffic",
] as const;
export type EventName = (typeof eventNames)[number];

/** The content of an AppSpec. */
export interface ReleaseSpec {
  taskDefinition: string;
  containerName: string;
  containerPort: number;
  platformVersion?: string | undefined;
  network?: Network | undefined;
  /** Functions by lifecycle event. */
  hooks: Partial<Record<EventName, string>>;
}

interface Network {
  subnets: string[];
  securityGroups?: string[] | undefined;
  assignPublicIp?: "ENABLED" | "DISABLED" | undefined;
}

const hookNames = [
  "BeforeInstall",
  "AfterInstall",
  "AfterAllowTestTraffic",
  "BeforeAllowTraffic",
  "AfterAllowTraffic",
] as const;

const network = z.strictObject({
  AwsvpcConfiguration: z.strictObject({
    Subnets: z.array(z.string()).min(1),
    SecurityGroups: z.array(z.string()).optional(),
    AssignPublicIp: z.enum(["ENABLED", "DISABLED"]).optional(),
  }),
});

const targetService = z.strictObject({
  Type: z.literal("AWS::ECS::Service"),
  Properties: z.strictObject({
    TaskDefinition: z.string().min(1),
    LoadBalancerInfo: z.strictObject({ ContainerName: z.string(), ContainerPort: z.coerce.number().int().positive() }),
    PlatformVersion: z.string().optional(),
    NetworkConfiguration: network.optional(),
  }),
});

const schema = z.strictObject({
  version: z.coerce.number(),
  // AWS's samples name the resource TargetService; any name is allowed.
  Resources: z.array(z.record(z.string(), targetService)).length(1),
  Hooks: z.array(z.partialRecord(z.enum(hookNames), z.string().min(1))).default([]),
});

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure.html, in JSON or YAML. */
export function parseAppSpec(content: string): ReleaseSpec {
  const { Resources, Hooks } = read(content);
  const properties = Object.values(Resources[0] ?? {})[0]?.Properties;
  if (!properties) throw invalidRevision("The AppSpec has no resource. Fix: add one of type AWS::ECS::Service.");
  const { LoadBalancerInfo, NetworkConfiguration } = properties;
  const { Subnets, SecurityGroups, AssignPublicIp } = NetworkConfiguration?.AwsvpcConfiguration ?? {};
  return {
    taskDefinition: properties.TaskDefinition,
    containerName: LoadBalancerInfo.ContainerName,
    containerPort: LoadBalancerInfo.ContainerPort,
    platformVersion: properties.PlatformVersion,
    network: Subnets && { subnets: Subnets, securityGroups: SecurityGroups, assignPublicIp: AssignPublicIp },
    hooks: Object.assign({}, ...Hooks),
  };
}

function read(content: string) {
  let document: unknown;
  try {
    document = parse(content); // YAML includes JSON
  } catch (error) {
    throw invalidRevision(`The AppSpec is neither JSON nor YAML: ${messageOf(error)}`);
  }
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw invalidRevision(`The AppSpec is not valid for Amazon ECS: ${z.prettifyError(parsed.error)}`);
}
