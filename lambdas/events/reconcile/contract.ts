import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import type { ECRClient } from "@aws-sdk/client-ecr";
import type { ECSClient } from "@aws-sdk/client-ecs";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import type { RDSClient } from "@aws-sdk/client-rds";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { SFNClient } from "@aws-sdk/client-sfn";
import * as z from "zod/mini";
import { alarmNames } from "../../traffic/raised-alarms.ts";
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
  ...alarmNames.shape,
  PREFIX: z.string(),
  IMAGE_REPOSITORY: z.string(),
  APP_SECRET_ARN: z.string(),
});

/** Input of the hourly schedule; every other event has the stage reconciled. */
export const readinessCheck = z.object({ check: z.literal("rollback-readiness") });

export interface ReconcileDeps extends Deps {
  readonly cloudWatch: CloudWatchClient;
  readonly codeDeploy: CodeDeployClient;
  readonly ecr: ECRClient;
  readonly ecs: ECSClient;
  readonly eventBridge: EventBridgeClient;
  readonly rds: RDSClient;
  readonly secretsManager: SecretsManagerClient;
  readonly sfn: SFNClient;
  readonly repository: Repository;
  readonly settings: z.infer<typeof environment>;
}
