import type { AccessRequest, AccessRules, Cloud } from "#local/cloud/index.ts";
import { arnOf, idOfTaskSet, nameOfCluster, shortName } from "./arns.ts";
import { findDefinition } from "./lookup.ts";
import type { EcsStore } from "./store.ts";

interface Roles {
  taskRoleArn?: string | undefined;
  executionRoleArn?: string | undefined;
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html */
export function createAccessRules(cloud: Cloud, store: EcsStore): AccessRules<"ecs"> {
  const { inCluster, passing, ofDefinition, definitionArn, onCluster, onService, onTaskSets, onTasks } =
    requestElements(cloud, store);
  return {
    describeClusters: ({ clusters = ["default"] }) => ({
      resources: clusters.flatMap((each) => onCluster(each).resources),
    }),
    registerTaskDefinition: ({ family, taskRoleArn, executionRoleArn }) => ({
      resources: [arnOf.definition(cloud, family, "*")],
      ...passing(taskRoleArn, executionRoleArn),
    }),
    runTask: ({ taskDefinition, cluster, overrides }) => {
      const { passedRoles, context } = ofDefinition(taskDefinition, overrides);
      return {
        resources: [definitionArn(taskDefinition)],
        passedRoles,
        context: { ...context, ...inCluster(cluster) },
      };
    },
    stopTask: ({ cluster, task }) => onTasks(cluster, [task]),
    describeTasks: ({ cluster, tasks }) => onTasks(cluster, tasks),
    listTasks: ({ cluster }) => ({ context: inCluster(cluster) }),
    createService: ({ cluster, serviceName, taskDefinition }) => {
      const { passedRoles, context } = ofDefinition(taskDefinition);
      const on = onService({ cluster, service: serviceName });
      return { ...on, passedRoles, context: { ...context, ...on.context } };
    },
    updateService: onService,
    deleteService: onService,
    describeServices: ({ cluster, services }) => ({
      resources: services.flatMap((service) => onService({ cluster, service }).resources),
      context: inCluster(cluster),
    }),
    listServices: ({ cluster }) => ({ context: inCluster(cluster) }),
    createTaskSet: (input) => {
      const { passedRoles, context } = ofDefinition(input.taskDefinition);
      const on = onTaskSets(input, ["*"]);
      const definition = { "ecs:task-definition": definitionArn(input.taskDefinition) };
      return { ...on, passedRoles, context: { ...context, ...on.context, ...definition } };
    },
    describeTaskSets: (input) => onTaskSets(input, input.taskSets ?? ["*"]),
    updateTaskSet: (input) => onTaskSets(input, [input.taskSet]),
    deleteTaskSet: (input) => onTaskSets(input, [input.taskSet]),
    updateServicePrimaryTaskSet: onService,
  };
}

/** The resources, roles and condition keys that the rules above combine. */
function requestElements(cloud: Cloud, store: EcsStore) {
  const inCluster = (cluster: string | undefined) => ({ "ecs:cluster": arnOf.cluster(cloud, nameOfCluster(cluster)) });
  const passing = (...roles: (string | undefined)[]) => ({
    passedRoles: [...new Set(roles.filter((role) => role !== undefined))],
    context: { "iam:PassedToService": "ecs-tasks.amazonaws.com" },
  });
  const ofDefinition = (reference: string | undefined, overrides: Roles = {}) => {
    const settings = reference === undefined ? undefined : findDefinition(store, reference)?.settings;
    const role = overrides.taskRoleArn ?? settings?.taskRoleArn;
    return passing(role, overrides.executionRoleArn ?? settings?.executionRoleArn);
  };
  const definitionArn = (reference: string) =>
    findDefinition(store, reference)?.arn ?? cloud.arn("ecs", `task-definition/${shortName(reference)}`);
  const onCluster = (cluster: string) => ({ resources: [arnOf.cluster(cloud, nameOfCluster(cluster))] });
  const onService = ({ cluster, service }: { cluster?: string | undefined; service: string }) => ({
    resources: [arnOf.service(cloud, { cluster: nameOfCluster(cluster), name: shortName(service) })],
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
    resources: tasks.map((task) => arnOf.task(cloud, { cluster: nameOfCluster(cluster), id: shortName(task) })),
    context: inCluster(cluster),
  });
  return { inCluster, passing, ofDefinition, definitionArn, onCluster, onService, onTaskSets, onTasks };
}
