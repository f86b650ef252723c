import * as z from "zod/mini";

export const environment = z.object({ CLUSTER_ARN: z.string(), SERVICE_NAME: z.string() });

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html */
export const taskRunning = z.object({
  detail: z.object({
    taskArn: z.string(),
    taskDefinitionArn: z.string(),
    containers: z.array(
      z.object({
        networkInterfaces: z.optional(z.array(z.object({ privateIpv4Address: z.optional(z.string()) }))),
        networkBindings: z.optional(z.array(z.object({ hostPort: z.optional(z.number()) }))),
      }),
    ),
  }),
});
export type RunningTask = z.infer<typeof taskRunning>["detail"];
