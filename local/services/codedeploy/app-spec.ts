import { InvalidRevisionException } from "@aws-sdk/client-codedeploy";
import { parse } from "yaml";
import { z } from "zod";
import { hookNames, type HookName } from "./life-cycle.ts";

export interface AppSpec {
  taskDefinition: string;
  containerName: string;
  containerPort: number;
  platformVersion?: string;
  network?: { subnets: string[]; securityGroups: string[]; assignPublicIp: "ENABLED" | "DISABLED" };
  /** Function names or ARNs. */
  hooks: Partial<Record<HookName, string>>;
}

const properties = z.strictObject({
  TaskDefinition: z.string().min(1),
  LoadBalancerInfo: z.strictObject({ ContainerName: z.string().min(1), ContainerPort: z.coerce.number().int() }),
  PlatformVersion: z.string().optional(),
  NetworkConfiguration: z
    .strictObject({
      AwsvpcConfiguration: z.strictObject({
        Subnets: z.array(z.string()),
        SecurityGroups: z.array(z.string()).default([]),
        AssignPublicIp: z.literal(["ENABLED", "DISABLED"]).default("DISABLED"),
      }),
    })
    .optional(),
});

const content = z.strictObject({
  version: z.coerce.number(),
  Resources: z
    .array(
      z.strictObject({
        TargetService: z.strictObject({ Type: z.literal("AWS::ECS::Service"), Properties: properties }),
      }),
    )
    .length(1),
  Hooks: z.array(z.partialRecord(z.literal(hookNames), z.string())).default([]),
});

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file.html, in JSON or YAML. */
export function readAppSpec(text: string): AppSpec {
  const parsed = content.safeParse(parseText(text));
  if (!parsed.success) throw invalidRevision(z.prettifyError(parsed.error));
  const { Resources, Hooks } = parsed.data;
  const service = Resources[0]?.TargetService.Properties;
  if (!service) throw invalidRevision("It names no target service");
  const { TaskDefinition, LoadBalancerInfo, PlatformVersion, NetworkConfiguration } = service;
  const network = NetworkConfiguration?.AwsvpcConfiguration;
  return {
    taskDefinition: TaskDefinition,
    containerName: LoadBalancerInfo.ContainerName,
    containerPort: LoadBalancerInfo.ContainerPort,
    hooks: Object.assign({}, ...Hooks),
    ...(PlatformVersion === undefined ? {} : { platformVersion: PlatformVersion }),
    ...(network && {
      network: {
        subnets: network.Subnets,
        securityGroups: network.SecurityGroups,
        assignPublicIp: network.AssignPublicIp,
      },
    }),
  };
}

function parseText(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw invalidRevision(error instanceof Error ? error.message : String(error));
  }
}

const invalidRevision = (why: string) =>
  new InvalidRevisionException({ message: `The AppSpec is not valid: ${why}`, $metadata: {} });
