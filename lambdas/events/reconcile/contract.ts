import type { CodeCommitClient } from "@aws-sdk/client-codecommit";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { SFNClient } from "@aws-sdk/client-sfn";
import * as z from "zod/mini";
import type { Deps } from "../../core/journal.ts";

export const environment = z.object({
  STAGE: z.string(),
  DEPLOY_MACHINE_ARN: z.string(),
  ROLLBACK_MACHINE_ARN: z.string(),
  REPOSITORY_NAME: z.string(),
  BRANCH: z.string(),
});

export interface ReconcileDeps extends Deps {
  readonly eventBridge: EventBridgeClient;
  readonly sfn: SFNClient;
  readonly codeCommit: CodeCommitClient;
  readonly settings: z.infer<typeof environment>;
}
