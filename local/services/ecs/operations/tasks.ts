import { createHash } from "node:crypto";
import { ConflictException, type RunTaskCommandInput, type Tag } from "@aws-sdk/client-ecs";
import type { Clients, Operations } from "#local/cloud/index.ts";
import { z } from "zod";
import { arnOf, shortName } from "../arns.ts";
import { describeTask } from "../describe.ts";
import { definitionOf } from "../store.ts";
import type { TaskDefinitionRecord } from "../task-definition.ts";
import type { TaskOverrides, TaskRecord } from "../task-state.ts";
import {
  clusterOf,
  invalidParameter,
  pageOf,
  readNetwork,
  refuse,
  requireFargate,
  runnableDefinition,
  type OperationParts,
} from "./parts.ts";

const notRun = [
  "capacityProviderStrategy",
  "placementConstraints",
  "placementStrategy",
  "volumeConfigurations",
  "propagateTags",
  "referenceId",
];

export function taskOperations(parts: OperationParts) {
  const { cloud, store, engine } = parts;
  const describe = (task: TaskRecord) => describeTask(cloud, task, definitionOf(store, task));
  const find = (cluster: string, given: string) => {
    const task = store.tasks.get(shortName(given));
    return task?.cluster === cluster ? task : undefined;
  };
  return {
    runTask: (input) => {
      const tasks = runTask(parts, input);
      return { tasks: tasks.map(describe), failures: [] };
    },
    stopTask: ({ cluster, task: given, reason }) => {
      const task = find(clusterOf(store, cluster).name, given);
      if (!task) throw invalidParameter("The referenced task was not found.");
      engine.stop(task.id, "UserInitiated", reason ?? "Task stopped by user");
      return { task: describe(store.tasks.get(task.id) ?? task) };
    },
    describeTasks: ({ cluster, tasks: given, include = [] }) => {
      const { name } = clusterOf(store, cluster);
      if (given.length > 100) throw invalidParameter("Tasks cannot have more than 100 elements.");
      const found = given.map((each) => ({ each, task: find(name, each) }));
      const isTagged = include.includes("TAGS");
      const tasks = found.flatMap(({ task }) => (task ? [describe(task)] : []));
      return {
        tasks: isTagged ? tasks : tasks.map((task) => ({ ...task, tags: [] })),
        failures: found
          .filter(({ task }) => !task)
          .map(({ each }) => ({ arn: arnOf.task(cloud, { cluster: name, id: shortName(each) }), reason: "MISSING" })),
      };
    },
    listTasks: (input) => {
      refuse(input, ["containerInstance", "daemonName"]);
      const { family, serviceName, startedBy, desiredStatus = "RUNNING", launchType = "FARGATE" } = input;
      const { name } = clusterOf(store, input.cluster);
      const tasks = store.tasks.list().filter(
        (task) =>
          task.cluster === name &&
          launchType === "FARGATE" &&
          // as AWS: one may ask for PENDING, but no task is ever desired to be.
          task.desiredStatus === desiredStatus &&
          (startedBy === undefined || task.startedBy === startedBy) &&
          (serviceName === undefined || task.group === `service:${shortName(serviceName)}`) &&
          (family === undefined || definitionOf(store, task)?.settings.family === family),
      );
      const { page, next } = pageOf(tasks, input.nextToken, input.maxResults);
      return { taskArns: page.map((task) => arnOf.task(cloud, task)), ...next };
    },
  } satisfies Operations<Clients["ecs"]>;
}

function runTask(parts: OperationParts, input: RunTaskCommandInput): TaskRecord[] {
  const { store, engine, cloud } = parts;
  refuse(input, notRun);
  requireFargate(input.launchType);
  const { count = 1, startedBy, clientToken } = input;
  const cluster = clusterOf(store, input.cluster).name;
  const definition = runnableDefinition(store, input.taskDefinition ?? "");
  if (count < 1 || count > 10) throw invalidParameter("The count must be between 1 and 10.");
  if (startedBy !== undefined && startedBy.length > 128)
    throw invalidParameter("startedBy may have 128 characters at most.");
  const overrides = readOverrides(input.overrides, definition);
  const network = readNetwork(input.networkConfiguration);
  const request = createHash("sha256")
    .update(JSON.stringify({ ...input, definition: definition.arn }))
    .digest("hex");
  const earlier = clientToken === undefined ? undefined : store.clientTokens.get(clientToken);
  if (earlier) return repeated(parts, { earlier, request, cluster });
  return store.transaction(() => {
    const tasks = Array.from({ length: count }, () =>
      engine.run(definition, {
        cluster,
        network,
        overrides,
        group: input.group ?? `family:${definition.settings.family}`,
        loadBalancers: [],
        tags: (input.tags ?? []).map(({ key = "", value = "" }: Tag) => ({ key, value })),
        ...(startedBy !== undefined && { startedBy }),
      }),
    );
    const taskIds = tasks.map(({ id }) => id);
    if (clientToken !== undefined) store.clientTokens.put(clientToken, { request, taskIds, at: cloud.clock.now() });
    return tasks;
  });
}

/** as AWS: the same token with the same parameters is the same call, however often it is made. */
function repeated(
  { store, cloud }: OperationParts,
  { earlier, request, cluster }: { earlier: { request: string; taskIds: string[] }; request: string; cluster: string },
): TaskRecord[] {
  if (earlier.request === request) return earlier.taskIds.flatMap((id) => store.tasks.get(id) ?? []);
  throw new ConflictException({
    message: "The clientToken was used with other parameters before.",
    resourceIds: earlier.taskIds.map((id) => arnOf.task(cloud, { cluster, id })),
    $metadata: {},
  });
}

const overridesSchema = z.strictObject({
  containerOverrides: z
    .array(
      z.strictObject({
        name: z.string(),
        command: z.array(z.string()).exactOptional(),
        environment: z.array(z.strictObject({ name: z.string(), value: z.string() })).default([]),
      }),
    )
    .default([]),
  taskRoleArn: z.string().exactOptional(),
  executionRoleArn: z.string().exactOptional(),
});

function readOverrides(given: object | undefined, { settings }: TaskDefinitionRecord): TaskOverrides {
  const parsed = overridesSchema.safeParse(given ?? {});
  if (!parsed.success) throw invalidParameter(`overrides: ${z.prettifyError(parsed.error)}`);
  const { containerOverrides, ...roles } = parsed.data;
  for (const { name } of containerOverrides)
    if (!settings.containerDefinitions.some((container) => container.name === name))
      throw invalidParameter(`Override for container named ${name} is not a container in the TaskDefinition.`);
  return { containers: containerOverrides, ...roles };
}
