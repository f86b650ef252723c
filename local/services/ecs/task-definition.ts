import type { TaskDefinition } from "@aws-sdk/client-ecs";
import { awsError, type Cloud } from "#local/cloud/index.ts";
import { z } from "zod";
import { clientException } from "./faults.ts";
import { isEcrImage } from "./image/reference.ts";

// Templates may carry numbers and booleans as text.
const integer = z.coerce.number().int();
const bool = z.union([z.boolean(), z.stringbool()]);
const none = z.array(z.never()).optional();

const variable = z.strictObject({ name: z.string().min(1), value: z.string().default("") });

const container = z.strictObject({
  name: z.string().regex(/^[\w-]{1,255}$/),
  image: z.string().min(1),
  essential: bool.default(true),
  entryPoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  workingDirectory: z.string().optional(),
  environment: z.array(variable).default([]),
  secrets: z.array(z.strictObject({ name: z.string(), valueFrom: z.string() })).optional(),
  portMappings: z
    .array(
      z.strictObject({
        containerPort: integer.min(1).max(65535),
        hostPort: integer.optional(),
        protocol: z.literal("tcp").default("tcp"),
        name: z.string().optional(),
        appProtocol: z.literal(["http", "http2", "grpc"]).optional(),
      }),
    )
    .default([]),
  logConfiguration: z
    .strictObject({
      logDriver: z.literal("awslogs"),
      options: z.strictObject({
        "awslogs-group": z.string(),
        "awslogs-region": z.string(),
        "awslogs-stream-prefix": z.string(),
        "awslogs-create-group": z.literal("true").exactOptional(),
        mode: z.literal(["blocking", "non-blocking"]).exactOptional(),
        "max-buffer-size": z.string().exactOptional(),
      }),
    })
    .optional(),
  stopTimeout: integer.min(0).max(120).optional(),
  // Stored and described, without effect on a process of this machine: see README.md.
  cpu: integer.default(0),
  memory: integer.optional(),
  memoryReservation: integer.optional(),
  readonlyRootFilesystem: bool.optional(),
  user: z.string().optional(),
  dockerLabels: z.record(z.string(), z.string()).optional(),
  linuxParameters: z
    .strictObject({
      initProcessEnabled: bool.optional(),
      capabilities: z
        .strictObject({ add: z.array(z.string()).optional(), drop: z.array(z.string()).optional() })
        .optional(),
    })
    .optional(),
  // as AWS: DescribeTaskDefinition returns these as empty lists.
  mountPoints: none,
  volumesFrom: none,
  systemControls: none,
});

export const taskDefinitionSchema = z.strictObject({
  family: z.string().regex(/^[\w-]{1,255}$/),
  containerDefinitions: z.array(container).min(1).max(10),
  cpu: z.coerce.string(),
  memory: z.coerce.string(),
  networkMode: z.literal("awsvpc"),
  requiresCompatibilities: z.tuple([z.literal("FARGATE")]),
  executionRoleArn: z.string().optional(),
  taskRoleArn: z.string().optional(),
  runtimePlatform: z
    .strictObject({
      cpuArchitecture: z.literal(["X86_64", "ARM64"]).optional(),
      operatingSystemFamily: z.literal("LINUX").optional(),
    })
    .optional(),
  volumes: none,
  placementConstraints: none,
  tags: z.array(z.strictObject({ key: z.string(), value: z.string() })).optional(),
});

export type TaskDefinitionSettings = z.infer<typeof taskDefinitionSchema>;
export type ContainerSettings = TaskDefinitionSettings["containerDefinitions"][number];

export interface TaskDefinitionRecord {
  arn: string;
  revision: number;
  status: "ACTIVE" | "INACTIVE";
  registeredAt: number;
  registeredBy: string;
  deregisteredAt?: number;
  settings: TaskDefinitionSettings;
}

/** Parses a task definition from the API or a template. Members that Fargate or the local cloud does not support are rejected by name. */
export function readTaskDefinition(input: object, cloud: Cloud): TaskDefinitionSettings {
  const parsed = taskDefinitionSchema.safeParse(withoutUndefined(input));
  if (!parsed.success) throw rejection(parsed.error);
  const settings = parsed.data;
  checkSize(settings);
  checkContainers(settings, cloud);
  return settings;
}

function rejection({ issues: [issue] }: z.ZodError): Error {
  const place = issue?.path.join(".") ?? "";
  if (issue?.code === "unrecognized_keys") {
    const names = issue.keys.map((key) => (place === "" ? key : `${place}.${key}`)).join(", ");
    return awsError(
      "NotImplemented",
      `${names} of a task definition is not supported by the local cloud. Fix: leave it out.`,
      501,
    );
  }
  return clientException(`${place}: ${issue?.message ?? "invalid"}`);
}

/** MiB of memory for CPU units: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size */
const sizes: Readonly<Record<string, { from: number; to: number; step: number }>> = {
  256: { from: 512, to: 2048, step: 512 },
  512: { from: 1024, to: 4096, step: 1024 },
  1024: { from: 2048, to: 8192, step: 1024 },
  2048: { from: 4096, to: 16384, step: 1024 },
  4096: { from: 8192, to: 30720, step: 1024 },
  8192: { from: 16384, to: 61440, step: 4096 },
  16384: { from: 32768, to: 122880, step: 8192 },
};

function checkSize({ cpu, memory }: TaskDefinitionSettings): void {
  const size = sizes[cpu];
  const mebibytes = Number(memory);
  const isStep = size && (mebibytes % size.step === 0 || mebibytes === size.from);
  if (size && isStep && mebibytes >= size.from && mebibytes <= size.to && mebibytes !== 1536) return;
  throw clientException(`No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory.`);
}

function checkContainers({ containerDefinitions, executionRoleArn }: TaskDefinitionSettings, cloud: Cloud): void {
  const names = containerDefinitions.map(({ name }) => name);
  if (new Set(names).size < names.length) throw clientException("Container names must be unique.");
  if (!containerDefinitions.some(({ essential }) => essential))
    throw clientException("The task definition has no essential container.");
  for (const { name, image, portMappings, secrets, logConfiguration } of containerDefinitions) {
    const differing = portMappings.find(({ containerPort, hostPort }) => (hostPort ?? containerPort) !== containerPort);
    if (differing)
      throw clientException("When networkMode=awsvpc, the host ports and container ports in port mappings must match.");
    if (executionRoleArn !== undefined) continue;
    if (isEcrImage(image, cloud))
      throw clientException("Fargate requires task definition to have execution role ARN to support ECR images.");
    if (logConfiguration)
      throw clientException(
        "Fargate requires task definition to have execution role ARN to support log driver awslogs.",
      );
    if (secrets && secrets.length > 0)
      throw clientException(
        `When you are specifying container secrets, you must also specify a value for 'executionRoleArn'. (${name})`,
      );
  }
}

export function describeTaskDefinition({ settings, arn, ...record }: TaskDefinitionRecord): TaskDefinition {
  const { tags: _, containerDefinitions, ...rest } = settings;
  return {
    ...rest,
    taskDefinitionArn: arn,
    revision: record.revision,
    status: record.status,
    registeredAt: new Date(record.registeredAt),
    registeredBy: record.registeredBy,
    deregisteredAt: record.deregisteredAt === undefined ? undefined : new Date(record.deregisteredAt),
    compatibilities: ["EC2", "FARGATE"],
    volumes: [],
    placementConstraints: [],
    containerDefinitions: containerDefinitions.map((each) => ({
      ...each,
      portMappings: each.portMappings.map((mapping) => ({ ...mapping, hostPort: mapping.containerPort })),
      mountPoints: [],
      volumesFrom: [],
      systemControls: [],
    })),
  };
}

/** zod's strict objects would reject members that a caller set to `undefined`. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutUndefined(member)]));
}
