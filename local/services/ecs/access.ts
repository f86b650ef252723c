import type { AccessRequest, AccessRules, Cloud } from "#local/cloud/index.ts";
import { arnOf, idOfTaskSet, nameOfCluster, shortName } from "./arns.ts";
import { findDefinition } from "./lookup.ts";
import type { EcsStore } from "./store.ts";

interface Roles {
  taskRoleArn?: string | undefined;
  executionRoleArn?: string | undefined;
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html */
export function createAccess(cloud: Cloud, store: EcsStore): AccessRules<"ecs"> {
  const { inCluster, ofDefinition, onService, onTaskSets, onTasks } = requestElements(cloud, store);
  return {
    registerTaskDefinition: ({ family, tags, ...roles }) => ({
      resources: [`task-definition/${family}:*`],
      also: tagging(`task-definition/${family}:*`, tags),
      ...passing(roles),
    }),
    runTask: ({ taskDefinition, cluster, overrides, tags }) => {
      const { arn, passedRoles, context } = ofDefinition(taskDefinition, overrides);
      const also = tagging(`task/${nameOfCluster(cluster)}/*`, tags);
      return { resources: [arn], also, passedRoles, context: { ...context, ...inCluster(cluster) } };
    },
    stopTask: ({ cluster, task }) => onTasks(cluster, [task]),
    describeTasks: ({ cluster, tasks }) => onTasks(cluster, tasks),
    listTasks: ({ cluster }) => ({ context: inCluster(cluster) }),
    createService: ({ cluster, serviceName, taskDefinition }) => {
      const { passedRoles, context } = taskDefinition === undefined ? passing({}) : ofDefinition(taskDefinition);
      const on = onService({ cluster, service: serviceName });
      return { ...on, passedRoles, context: { ...context, ...on.context } };
    },
    updateService: onService,
    deleteService: onService,
    describeServices: ({ cluster, services }) => ({
      resources: services.flatMap((service) => onService({ cluster, service }).resources),
      context: inCluster(cluster),
    }),
    createTaskSet: (input) => {
      const { arn, passedRoles, context } = ofDefinition(input.taskDefinition);
      const on = onTaskSets(input, ["*"]);
      return { ...on, passedRoles, context: { ...context, ...on.context, "ecs:task-definition": arn } };
    },
    describeTaskSets: (input) => onTaskSets(input, input.taskSets ?? ["*"]),
    updateTaskSet: (input) => onTaskSets(input, [input.taskSet]),
    deleteTaskSet: (input) => onTaskSets(input, [input.taskSet]),
    updateServicePrimaryTaskSet: onService,
  };
}

/** as AWS: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html */
const tagging = (resource: string, tags: readonly unknown[] = []) =>
  tags.length > 0 ? [{ action: "ecs:TagResource", resources: [resource] }] : [];

const passing = ({ taskRoleArn, executionRoleArn }: Roles) => ({
  passedRoles: [...new Set([taskRoleArn, executionRoleArn].filter((role) => role !== undefined))],
  context: { "iam:PassedToService": "ecs-tasks.amazonaws.com" },
});

/** The resources, roles and condition keys that the rules above combine. */
function requestElements(cloud: Cloud, store: EcsStore) {
  const inCluster = (cluster: string | undefined) => ({ "ecs:cluster": arnOf.cluster(cloud, nameOfCluster(cluster)) });
  const ofDefinition = (reference: string, overrides: Roles = {}) => {
    const definition = findDefinition(store, reference);
    const arn = definition?.arn ?? cloud.arn("ecs", `task-definition/${shortName(reference)}`);
    const { taskRoleArn = definition?.settings.taskRoleArn } = overrides;
    const { executionRoleArn = definition?.settings.executionRoleArn } = overrides;
    return { arn, ...passing({ taskRoleArn, executionRoleArn }) };
  };
  const onService = ({ cluster, service }: { cluster?: string | undefined; service: string }) => ({
    resources: [`service/${nameOfCluster(cluster)}/${shortName(service)}`],
    context: inCluster(cluster),
  });
  const onTaskSets = (input: { cluster: string; service: string }, ids: readonly string[]): Partial<AccessRequest> => {
    const of = { cluster: nameOfCluster(input.cluster), service: shortName(input.service) };
    const service = arnOf.service(cloud, { cluster: of.cluster, name: of.service });
    return {
      resources: ids.map((id) => arnOf.taskSet(cloud, { ...of, id: idOfTaskSet(id) })),
      context: { ...inCluster(input.cluster), "ecs:service": service },
    };
  };
  const onTasks = (cluster: string | undefined, tasks: readonly string[]) => ({
    resources: tasks.map((task) => `task/${nameOfCluster(cluster)}/${shortName(task)}`),
    context: inCluster(cluster),
  });
  return { inCluster, ofDefinition, onService, onTaskSets, onTasks };
}
