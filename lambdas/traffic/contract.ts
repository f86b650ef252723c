import * as z from "zod/mini";

/**
 * Responses with a 5xx status that end a probe. In a period the alarms tolerate this number, so that no probe triggers a rollback by
 * itself: a release fails by the error of its probe.
 */
export const toleratedServerErrors = 2;

/** The label of a release's container that holds its `runtime`, as JSON. */
export const runtimeLabel = "lockstep.runtime";

/**
 * How a release runs behind the load balancer. It is part of the task definition, so that it takes effect with the release, and a
 * rollback to an older one restores its own.
 */
export const runtime = z.object({
  health: z.object({ path: z.string(), accept: z.string() }),
  startSeconds: z.number(),
  drainSeconds: z.number(),
  tasks: z.number(),
});
export type Runtime = z.infer<typeof runtime>;

export const serviceSettings = z.object({
  CLUSTER_ARN: z.string(),
  SERVICE_NAME: z.string(),
  CONTAINER_NAME: z.string(),
});
export const idleGroupSettings = z.object({
  ...serviceSettings.shape,
  BLUE_TARGET_GROUP_ARN: z.string(),
  GREEN_TARGET_GROUP_ARN: z.string(),
});
