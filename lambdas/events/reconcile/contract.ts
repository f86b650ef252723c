import type { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { SFNClient } from "@aws-sdk/client-sfn";
import * as z from "zod/mini";
import { trafficSettings } from "../../traffic/traffic.ts";
import type { Deps } from "../../core/journal.ts";
import { branchSettings } from "../../source/contract.ts";
import type { Repository } from "../../source/repository.ts";

export const environment = z.object({
  ...trafficSettings.shape,
  STAGE: z.string(),
  TABLE_NAME: z.string(),
  DEPLOY_MACHINE_ARN: z.string(),
  ROLLBACK_MACHINE_ARN: z.string(),
  ...branchSettings.shape,
});

export interface ReconcileDeps extends Deps {
  readonly codeDeploy: CodeDeployClient;
  readonly eventBridge: EventBridgeClient;
  readonly sfn: SFNClient;
  readonly repository: Repository;
  readonly settings: z.infer<typeof environment>;
}
