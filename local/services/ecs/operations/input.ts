import { awsError } from "#local/cloud/index.ts";
import { z } from "zod";
import { invalidParameter } from "../faults.ts";
import type { TaskDefinitionRecord } from "../task-definition.ts";
import type { LoadBalancerRecord, NetworkRecord } from "../task-state.ts";

/** Parses a nested member of an input: the schemas are strict, so that unsupported members are rejected. */
export function parseInput<T>(schema: z.ZodType<T>, member: string, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidParameter(`${member}: ${z.prettifyError(parsed.error)}`);
}

const networkSchema = z.strictObject({
  awsvpcConfiguration: z.strictObject({
    subnets: z.array(z.string()).min(1).max(16),
    securityGroups: z.array(z.string()).max(5).default([]),
    assignPublicIp: z.literal(["ENABLED", "DISABLED"]).default("DISABLED"),
  }),
});

export function readNetwork(configuration: object | undefined): NetworkRecord {
  if (!configuration)
    throw invalidParameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  return parseInput(networkSchema, "networkConfiguration", configuration).awsvpcConfiguration;
}

const loadBalancersSchema = z.array(
  z.strictObject({ targetGroupArn: z.string(), containerName: z.string(), containerPort: z.number().int() }),
);

export function readLoadBalancers(
  targets: readonly object[] | undefined,
  { settings }: TaskDefinitionRecord,
): LoadBalancerRecord[] {
  const loadBalancers = parseInput(loadBalancersSchema, "loadBalancers", targets ?? []);
  for (const { containerName, containerPort } of loadBalancers) {
    const container = settings.containerDefinitions.find(({ name }) => name === containerName);
    if (!container) throw invalidParameter(`The container ${containerName} does not exist in the task definition.`);
    if (!container.portMappings.some((mapping) => mapping.containerPort === containerPort))
      throw invalidParameter(`The container ${containerName} did not have a container port ${containerPort} defined.`);
  }
  return loadBalancers;
}

const deploymentSchema = z.strictObject({
  strategy: z.literal("ROLLING").optional(),
  maximumPercent: z.number().default(200),
  minimumHealthyPercent: z.number().default(100),
});

export function readDeployment(configuration: object = {}) {
  const { maximumPercent, minimumHealthyPercent } = parseInput(
    deploymentSchema,
    "deploymentConfiguration",
    configuration,
  );
  return { maximumPercent, minimumHealthyPercent };
}

export function requireFargate(launchType: string | undefined): void {
  if (launchType === "FARGATE") return;
  throw awsError(
    "NotImplemented",
    `launchType ${launchType ?? "EC2"} is not supported by the local cloud. Fix: use FARGATE.`,
    501,
  );
}
