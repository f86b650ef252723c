import { awsError } from "#local/cloud/index.ts";
import { z } from "zod";
import { invalidParameter } from "../faults.ts";
import type { TaskDefinitionRecord } from "../task-definition.ts";
import type { LoadBalancerRecord, NetworkRecord } from "../task-state.ts";

const networkSchema = z.strictObject({
  awsvpcConfiguration: z.strictObject({
    subnets: z.array(z.string()).min(1).max(16),
    securityGroups: z.array(z.string()).max(5).optional(),
    assignPublicIp: z.literal(["ENABLED", "DISABLED"]).optional(),
  }),
});

export function readNetwork(configuration: object | undefined): NetworkRecord {
  if (!configuration)
    throw invalidParameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  const parsed = networkSchema.safeParse(configuration);
  if (!parsed.success) throw invalidParameter(`networkConfiguration: ${z.prettifyError(parsed.error)}`);
  const { subnets, securityGroups = [], assignPublicIp = "DISABLED" } = parsed.data.awsvpcConfiguration;
  return { subnets, securityGroups, assignPublicIp };
}

const loadBalancersSchema = z.array(
  z.strictObject({ targetGroupArn: z.string(), containerName: z.string(), containerPort: z.number().int() }),
);

export function readLoadBalancers(
  targets: readonly object[] | undefined,
  { settings }: TaskDefinitionRecord,
): LoadBalancerRecord[] {
  const parsed = loadBalancersSchema.safeParse(targets ?? []);
  if (!parsed.success) throw invalidParameter(`loadBalancers: ${z.prettifyError(parsed.error)}`);
  for (const { containerName, containerPort } of parsed.data) {
    const container = settings.containerDefinitions.find(({ name }) => name === containerName);
    if (!container) throw invalidParameter(`The container ${containerName} does not exist in the task definition.`);
    if (!container.portMappings.some((mapping) => mapping.containerPort === containerPort))
      throw invalidParameter(`The container ${containerName} did not have a container port ${containerPort} defined.`);
  }
  return parsed.data;
}

export function requireFargate(launchType: string | undefined): void {
  if (launchType === "FARGATE") return;
  throw awsError(
    "NotImplemented",
    `launchType ${launchType ?? "EC2"} is not supported by the local cloud. Fix: use FARGATE.`,
    501,
  );
}

/** Rejects members that the local cloud does not support, instead of ignoring them. */
export function reject(input: object, members: readonly string[]): void {
  const isSet = (value: unknown) => value !== undefined && !(Array.isArray(value) && value.length === 0);
  const member = members.find((each) => isSet(Reflect.get(input, each)));
  if (member !== undefined)
    throw awsError("NotImplemented", `${member} is not supported by the local cloud. Fix: leave it out.`, 501);
}

export function pageOf<T>(items: readonly T[], token: string | undefined, size = 100) {
  const start = Number(token ?? 0);
  if (!Number.isInteger(start) || start < 0) throw invalidParameter(`Invalid token ${token}`);
  const end = start + size;
  return { page: items.slice(start, end), next: end < items.length ? { nextToken: String(end) } : {} };
}
