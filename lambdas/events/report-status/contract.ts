import * as z from "zod/mini";

export const environment = z.object({
  STAGE: z.string(),
  REPOSITORY_NAME: z.string(),
  GITHUB_TOKEN_ARN: z.string(),
  LOAD_BALANCER_ARN: z.string(),
  TEST_LISTENER_ARN: z.string(),
});

/** A hint. Without a deployment (on the schedule, and after a rollback), everything that GitHub shows as unfinished is checked. */
export const reportEvent = z.object({
  detail: z.optional(
    z.object({
      deployment: z.optional(z.string()),
      /** Of a skipped push. */
      commit: z.optional(z.string()),
      reason: z.optional(z.string()),
    }),
  ),
});
