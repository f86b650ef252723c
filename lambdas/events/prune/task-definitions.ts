import {
  DeregisterTaskDefinitionCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
} from "@aws-sdk/client-ecs";
import type { DefinitionSeen } from "./decide-pruning.ts";
import type { PrunePorts } from "./prune.ts";

/** Of each family so many of the oldest are looked at in one run: the next run goes on. */
const atOnce = 50;

export async function listDefinitions({ ecs, settings }: PrunePorts): Promise<DefinitionSeen[]> {
  const seen: DefinitionSeen[] = [];
  for (const familyPrefix of settings.TASK_FAMILIES) {
    const { taskDefinitionArns = [] } = await ecs.send(
      new ListTaskDefinitionsCommand({ familyPrefix, status: "ACTIVE", sort: "ASC", maxResults: atOnce }),
    );
    for (const arn of taskDefinitionArns) seen.push(await describe(ecs, arn));
  }
  return seen;
}

async function describe(ecs: ECSClient, arn: string): Promise<DefinitionSeen> {
  const { taskDefinition, tags = [] } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: arn, include: ["TAGS"] }),
  );
  const deployment = tags.find(({ key }) => key === "lockstep:deployment")?.value;
  return { arn, registeredAt: taskDefinition?.registeredAt ?? new Date(), deployment };
}

/** Of task sets that may start further tasks, and of tasks that run. */
export async function definitionsInUse({ ecs, settings }: PrunePorts): Promise<Set<string>> {
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
