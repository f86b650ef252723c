import type { environment } from "../../lambdas/rollback/contract.ts";
import {
  alarmEnvironment,
  blueGreenEnvironment,
  type Environment,
  probeEnvironment,
  secretEnvironment,
} from "../environment.ts";
import { readBuild, stopBuild } from "../grants/build.ts";
import { answerDeployTokens, answerRollbackTokens, describeExecutions, notify } from "../grants/pipeline.ts";
import { findTasks, migrationFamily, readTaskFailures } from "../grants/tasks.ts";
import { createDeployments, explainAlarms, findListener, readShift } from "../grants/traffic.ts";
import { pipelineFunction } from "../pipeline-function.ts";

/** All steps of rollback.asl.json. */
export const rollback = pipelineFunction({
  entry: "rollback",
  timeoutSeconds: 120,
  environment: (context): Environment<typeof environment> => ({
    ...blueGreenEnvironment(context),
    ...probeEnvironment(context),
    ...alarmEnvironment(context),
    ...secretEnvironment(context),
    MIGRATION_FAMILY: migrationFamily(context),
  }),
  may: [
    describeExecutions,
    readBuild,
    stopBuild,
    readShift,
    findTasks,
    readTaskFailures,
    createDeployments,
    findListener,
    explainAlarms,
    answerRollbackTokens,
    // Releasing the lock answers the push that waits for it.
    answerDeployTokens,
    notify("Lockstep Rolled Back"),
  ],
});
