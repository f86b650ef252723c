import type { environment } from "../../lambdas/events/resume/contract.ts";
import {
  alarmEnvironment,
  type Environment,
  migrationEnvironment,
  snapshotEnvironment,
  trafficEnvironment,
} from "../environment.ts";
import { findBuiltImage, readBuild, readBuildLog } from "../grants/build.ts";
import { readSnapshots } from "../grants/database.ts";
import {
  answerDeployTokens,
  answerRestoreTokens,
  answerRollbackTokens,
  describeExecutions,
} from "../grants/pipeline.ts";
import { findTasks, readTaskFailures } from "../grants/tasks.ts";
import { explainAlarms, readShift } from "../grants/traffic.ts";
import { pipelineFunction } from "../pipeline-function.ts";

/** An event is only a hint: Resume observes what the waiting step would observe, so it may read what the steps read. */
export const resume = pipelineFunction({
  entry: "events/resume",
  timeoutSeconds: 60,
  environment: (context): Environment<typeof environment> => ({
    ...trafficEnvironment(context),
    ...alarmEnvironment(context),
    ...migrationEnvironment(context),
    ...snapshotEnvironment(context),
    PROJECT_NAME: context.project.projectName,
    REPOSITORY_URI: context.data.images.repository.repositoryUri,
  }),
  may: [
    answerDeployTokens,
    answerRollbackTokens,
    answerRestoreTokens,
    describeExecutions,
    readBuild,
    readBuildLog,
    findBuiltImage,
    readSnapshots,
    readShift,
    findTasks,
    explainAlarms,
    readTaskFailures,
  ],
});
