import type { environment } from "../../lambdas/restore/contract.ts";
import { type Environment, probeEnvironment } from "../environment.ts";
import { readInstances, readRestorableSnapshots, renameInstances, restoreInstance } from "../grants/database.ts";
import { answerDeployTokens, answerRestoreTokens, describeExecutions } from "../grants/pipeline.ts";
import { readService, readTasks, stopTasks } from "../grants/tasks.ts";
import { findListener } from "../grants/traffic.ts";
import { pipelineFunction } from "../pipeline-function.ts";

/** The steps of restore.asl.json that do not connect to the database. */
export const restore = pipelineFunction({
  entry: "restore",
  timeoutSeconds: 120,
  environment: (context): Environment<typeof environment> => ({
    ...probeEnvironment(context),
    DB_INSTANCE_IDENTIFIER: context.service.database.instanceIdentifier,
    CLUSTER_ARN: context.service.webService.cluster.clusterArn,
    SERVICE_NAME: context.service.webService.service.serviceName,
  }),
  may: [
    answerRestoreTokens,
    // The lock may pass to the next push, whose token is the deploy machine's.
    answerDeployTokens,
    describeExecutions,
    readInstances,
    readRestorableSnapshots,
    restoreInstance,
    renameInstances,
    readService,
    readTasks,
    stopTasks,
    findListener,
  ],
});
