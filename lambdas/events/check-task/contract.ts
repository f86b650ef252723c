import * as z from "zod/mini";

export const environment = z.object({ CLUSTER_ARN: z.string(), SERVICE_NAME: z.string() });

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html */
export const taskRunning = z.object({ detail: z.object({ taskDefinitionArn: z.string() }) });
