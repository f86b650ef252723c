import {
  DeregisterTaskDefinitionCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
} from "@aws-sdk/client-ecs";
import type { PruneDeps } from "./contract.ts";
import type { ListedDefinition } from "./decide-pruning.ts";

/** The oldest task definitions of a family that one run considers; the next run continues. */
const batchSize = 50;

export async function listDefinitions({ ecs, settings }: PruneDeps): Promise<ListedDefinition[]> {
  const definitions: ListedDefinition[] = [];
  for (const familyPrefix of settings.TASK_FAMILIES) {
    const { taskDefinitionArns = [] } = await ecs.send(
      new ListTaskDefinitionsCommand({ familyPrefix, status: "ACTIVE", sort: "ASC", maxResults: batchSize }),
    );
    for (const arn of taskDefinitionArns) definitions.push(await describe(ecs, arn));
  }
  return definitions;
}

/** Digests of the images that task definitions name. */
export async function imagesOf(ecs: ECSClient, definitions: Iterable<string>): Promise<string[]> {
  const digests: string[] = [];
  for (const arn of definitions) {
    const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: arn }));
    const images = taskDefinition?.containerDefinitions?.map(({ image = "" }) => image) ?? [];
    digests.push(...images.flatMap((image) => image.split("@")[1] ?? []));
  }
  return digests;
}

async function describe(ecs: ECSClient, arn: string): Promise<ListedDefinition> {
  const { taskDefinition, tags = [] } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: arn, include: ["TAGS"] }),
  );
  const deployment = tags.find(({ key }) => key === "lockstep:deployment")?.value;
  return { arn, registeredAt: taskDefinition?.registeredAt ?? new Date(), deployment };
}

/** Task definitions of task sets, which may start more tasks, and of running tasks. */
export async function definitionsInUse({ ecs, settings }: PruneDeps): Promise<Set<string>> {
  const { CLUSTER_ARN: cluster, SERVICE_NAME } = settings;
  const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: [SERVICE_NAME] }));
  const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster }));
  const { tasks = [] } =
    taskArns.length === 0 ? {} : await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }));
  const used = [
    ...services.flatMap(({ taskDefinition, taskSets = [] }) => [
      taskDefinition,
      ...taskSets.map((taskSet) => taskSet.taskDefinition),
    ]),
    ...tasks.map(({ taskDefinitionArn }) => taskDefinitionArn),
  ];
  return new Set(used.filter((arn) => arn !== undefined));
}

export async function deregister(ecs: ECSClient, taskDefinition: string): Promise<void> {
  await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition }));
}
