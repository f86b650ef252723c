import * as z from "zod/mini";

export const environment = z.object({
  CLUSTER_ARN: z.string(),
  SERVICE_NAME: z.string(),
  LOAD_BALANCER_ARN: z.string(),
  TEST_LISTENER_ARN: z.string(),
});

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/tutorial-ecs-with-hooks-create-hooks.html */
export const hookEvent = z.object({ DeploymentId: z.string(), LifecycleEventHookExecutionId: z.string() });
export type HookEvent = z.infer<typeof hookEvent>;
