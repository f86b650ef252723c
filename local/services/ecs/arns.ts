import type { Cloud } from "#local/cloud/index.ts";

type Namer = Pick<Cloud, "arn">;

export const arnOf = {
  cluster: (cloud: Namer, name: string) => cloud.arn("ecs", `cluster/${name}`),
  service: (cloud: Namer, { cluster, name }: { cluster: string; name: string }) =>
    cloud.arn("ecs", `service/${cluster}/${name}`),
  taskSet: (cloud: Namer, { cluster, service, id }: { cluster: string; service: string; id: string }) =>
    cloud.arn("ecs", `task-set/${cluster}/${service}/${id}`),
  task: (cloud: Namer, { cluster, id }: { cluster: string; id: string }) => cloud.arn("ecs", `task/${cluster}/${id}`),
  container: (cloud: Namer, { cluster, id }: { cluster: string; id: string }, name: string) =>
    cloud.arn("ecs", `container/${cluster}/${id}/${name}`),
  definition: (cloud: Namer, family: string, revision: number | string) =>
    cloud.arn("ecs", `task-definition/${family}:${revision}`),
};

/** The cluster that an input member names, by ARN or by name. */
export const nameOfCluster = (reference = "default"): string =>
  reference.slice(reference.indexOf(":cluster/") < 0 ? 0 : reference.lastIndexOf("/") + 1);
/** The name of a service, the id of a task, or a definition's `family` or `family:revision`, from that or from an ARN. */
export const shortName = (reference: string): string =>
  reference.startsWith("arn:") ? reference.slice(reference.lastIndexOf("/") + 1) : reference;
export const idOfTaskSet = (reference: string): string => reference.slice(Math.max(reference.indexOf("ecs-svc/"), 0));
