import type { environment } from "../../lambdas/restore/contract.ts";
import {
  blueGreenEnvironment,
  databaseEnvironment,
  type Environment,
  probeEnvironment,
  secretEnvironment,
} from "../environment.ts";
import { readInstances, readRestorableSnapshots, renameInstances, restoreInstance } from "../grants/database.ts";
import { answerDeployTokens, answerRestoreTokens, describeExecutions } from "../grants/pipeline.ts";
import { findTasks, readTaskFailures, stopTasks } from "../grants/tasks.ts";
import { createDeployments, findListener, readShift } from "../grants/traffic.ts";
import { pipelineFunction } from "../pipeline-function.ts";

/** The steps of restore.asl.json that do not connect to the database. */
export const restore = pipelineFunction({
  entry: "restore",
  timeoutSeconds: 120,
  environment: (context): Environment<typeof environment> => ({
    ...probeEnvironment(context),
    ...databaseEnvironment(context),
    ...secretEnvironment(context),
    ...blueGreenEnvironment(context),
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
    readShift,
    findTasks,
    createDeployments,
    readTaskFailures,
    stopTasks,
    findListener,
  ],
});
