import * as z from "zod/mini";

export const environment = z.object({
  STAGE: z.string(),
  DEPLOY_MACHINE_ARN: z.string(),
  ROLLBACK_MACHINE_ARN: z.string(),
  REPOSITORY_NAME: z.string(),
  BRANCH: z.string(),
});
