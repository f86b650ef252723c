import type { environment } from "../../lambdas/events/reconcile/contract.ts";
import { branchEnvironment, type Environment, trafficEnvironment } from "../environment.ts";
import { findBuiltImage, readBranch } from "../grants/build.ts";
import { readQuotas } from "../grants/database.ts";
import {
  announceSkipped,
  answerDeployTokens,
  describeExecutions,
  notify,
  startDeployments,
  startRollbacks,
} from "../grants/pipeline.ts";
import { listAppSecretVersions } from "../grants/secrets.ts";
import { readTaskDefinitions } from "../grants/tasks.ts";
import { putCheckMetrics, readAlarms, stopRedeployments } from "../grants/traffic.ts";
import { machineArn } from "../pipeline-context.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const reconcile = pipelineFunction({
  entry: "events/reconcile",
  timeoutSeconds: 60,
  environment: (context): Environment<typeof environment> => ({
    ...trafficEnvironment(context),
    DEPLOY_MACHINE_ARN: machineArn(context, "deploy"),
    ROLLBACK_MACHINE_ARN: machineArn(context, "rollback"),
    ...branchEnvironment(context),
    PREFIX: context.props.prefix,
    ALARM_NAMES: context.service.alarms.names.join(","),
    IMAGE_REPOSITORY: context.data.images.repository.repositoryName,
    APP_SECRET_ARN: context.data.appSecret.secretArn,
  }),
  may: [
    answerDeployTokens,
    describeExecutions,
    startDeployments,
    startRollbacks,
    readBranch,
    stopRedeployments,
    notify("Lockstep Stage Frozen"),
    announceSkipped,
    // Rollback readiness, every hour.
    findBuiltImage,
    readTaskDefinitions,
    listAppSecretVersions,
    readAlarms,
    readQuotas,
    putCheckMetrics,
    notify("Lockstep Rollback Readiness Changed"),
  ],
});
