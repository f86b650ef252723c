import type { Cloud } from "#local/cloud/index.ts";
import type { ServiceRecord, TaskSetRecord } from "./store.ts";
import type { TaskRecord } from "./task-state.ts";

type Namer = Pick<Cloud, "arn">;

export const arnOf = {
  cluster: (cloud: Namer, name: string) => cloud.arn("ecs", `cluster/${name}`),
  service: (cloud: Namer, { cluster, name }: Pick<ServiceRecord, "cluster" | "name">) =>
    cloud.arn("ecs", `service/${cluster}/${name}`),
  taskSet: (cloud: Namer, { cluster, service, id }: Pick<TaskSetRecord, "cluster" | "service" | "id">) =>
    cloud.arn("ecs", `task-set/${cluster}/${service}/${id}`),
  task: (cloud: Namer, { cluster, id }: Pick<TaskRecord, "cluster" | "id">) =>
    cloud.arn("ecs", `task/${cluster}/${id}`),
  container: (cloud: Namer, { cluster, id }: Pick<TaskRecord, "cluster" | "id">, name: string) =>
    cloud.arn("ecs", `container/${cluster}/${id}/${name}`),
  definition: (cloud: Namer, family: string, revision: number | string) =>
    cloud.arn("ecs", `task-definition/${family}:${revision}`),
};

/** What an API parameter names, by its ARN or by its short name. */
export const nameOfCluster = (given = "default"): string =>
  given.slice(given.indexOf(":cluster/") < 0 ? 0 : given.lastIndexOf("/") + 1);
export const shortName = (given: string): string =>
  given.startsWith("arn:") ? given.slice(given.lastIndexOf("/") + 1) : given;
export const idOfTaskSet = (given: string): string => given.slice(Math.max(given.indexOf("ecs-svc/"), 0));
/** `family`, or `family:revision`. */
export const nameOfDefinition = (given: string): string =>
  given.startsWith("arn:") ? given.slice(given.lastIndexOf("/") + 1) : given;
