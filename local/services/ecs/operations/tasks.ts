import { createHash } from "node:crypto";
import { z } from "zod";
import { arnOf, shortName } from "../arns.ts";
import type { Deps } from "../deps.ts";
import { describeTask } from "../describe.ts";
import { fault, invalidParameter } from "../faults.ts";
import { activeDefinitionOf, clusterOf, describeEach } from "../lookup.ts";
import type { Input, Operations } from "../reads.ts";
import { definitionOf } from "../store.ts";
import type { TaskDefinitionRecord } from "../task-definition.ts";
import type { TaskOverrides, TaskRecord } from "../task-state.ts";
import { parseInput, readNetwork, requireFargate } from "./input.ts";

export function taskOperations(deps: Deps) {
  const { cloud, store, engine } = deps;
  const describe = (task: TaskRecord) => describeTask(cloud, task, definitionOf(store, task));
  const find = (cluster: string, reference: string) => {
    const task = store.tasks.get(shortName(reference));
    return task?.cluster === cluster ? task : undefined;
  };
  return {
    runTask: (input) => ({ tasks: runTask(deps, input).map(describe), failures: [] }),
    stopTask: ({ cluster, task: reference, reason }) => {
      const task = find(clusterOf(store, cluster).name, reference);
      if (!task) throw invalidParameter("The referenced task was not found.");
      engine.stop(task.id, "UserInitiated", reason ?? "Task stopped by user");
      return { task: describe(store.tasks.get(task.id) ?? task) };
    },
    describeTasks: ({ cluster: reference, tasks, include = [] }) => {
      const { name: cluster } = clusterOf(store, reference);
      if (tasks.length > 100) throw invalidParameter("Tasks cannot have more than 100 elements.");
      const { described, failures } = describeEach(tasks, {
        find: (each) => find(cluster, each),
        describe: (task) => ({ ...describe(task), tags: include.includes("TAGS") ? task.tags : [] }),
        arn: (each) => arnOf.task(cloud, { cluster, id: shortName(each) }),
      });
      return { tasks: described, failures };
    },
    listTasks: ({ cluster, family, serviceName, startedBy, desiredStatus = "RUNNING", launchType = "FARGATE" }) => {
      const { name } = clusterOf(store, cluster);
      const tasks = store.tasks.list().filter(
        (task) =>
          task.cluster === name &&
          launchType === "FARGATE" &&
          // as AWS: PENDING is a valid filter, but no task has it as its desired status.
          task.desiredStatus === desiredStatus &&
          (startedBy === undefined || task.startedBy === startedBy) &&
          (serviceName === undefined || task.group === `service:${shortName(serviceName)}`) &&
          (family === undefined || definitionOf(store, task)?.settings.family === family),
      );
      return { taskArns: tasks.map((task) => arnOf.task(cloud, task)) };
    },
  } satisfies Partial<Operations>;
}

function runTask(deps: Deps, input: Input<"runTask">): TaskRecord[] {
  const { store, engine, cloud } = deps;
  requireFargate(input.launchType);
  const { count = 1, startedBy, clientToken } = input;
  const cluster = clusterOf(store, input.cluster).name;
  const definition = activeDefinitionOf(store, input.taskDefinition);
  if (count < 1 || count > 10) throw invalidParameter("The count must be between 1 and 10.");
  if (startedBy !== undefined && startedBy.length > 128)
    throw invalidParameter("startedBy can have at most 128 characters.");
  const overrides = readOverrides(input.overrides, definition);
  const network = readNetwork(input.networkConfiguration);
  const request = createHash("sha256")
    .update(JSON.stringify({ ...input, definition: definition.arn }))
    .digest("hex");
  const earlier = clientToken === undefined ? undefined : store.clientTokens.get(clientToken);
  if (earlier) return repeated(deps, { earlier, request, cluster });
  return store.transaction(() => {
    const tasks = Array.from({ length: count }, () =>
      engine.run(definition, {
        cluster,
        network,
        overrides,
        group: input.group ?? `family:${definition.settings.family}`,
        loadBalancers: [],
        tags: (input.tags ?? []).map(({ key = "", value = "" }) => ({ key, value })),
        ...(startedBy !== undefined && { startedBy }),
      }),
    );
    const taskIds = tasks.map(({ id }) => id);
    if (clientToken !== undefined) store.clientTokens.put(clientToken, { request, taskIds, at: cloud.clock.now() });
    return tasks;
  });
}

/** as AWS: a repeated call with the same token and parameters returns the first call's tasks. */
function repeated(
  { store, cloud }: Deps,
  { earlier, request, cluster }: { earlier: { request: string; taskIds: string[] }; request: string; cluster: string },
): TaskRecord[] {
  if (earlier.request === request) return earlier.taskIds.flatMap((id) => store.tasks.get(id) ?? []);
  throw fault("ConflictException", "The clientToken was already used with different parameters.", {
    resourceIds: earlier.taskIds.map((id) => arnOf.task(cloud, { cluster, id })),
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

function readOverrides(input: object | undefined, { settings }: TaskDefinitionRecord): TaskOverrides {
  const { containerOverrides, ...roles } = parseInput(overridesSchema, "overrides", input ?? {});
  for (const { name } of containerOverrides)
    if (!settings.containerDefinitions.some((container) => container.name === name))
      throw invalidParameter(`Override for container named ${name} is not a container in the TaskDefinition.`);
  return { containers: containerOverrides, ...roles };
}
