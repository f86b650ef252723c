import type { environment } from "../../lambdas/deploy/publish-assets/contract.ts";
import { alarmEnvironment, blueGreenEnvironment, type Environment, secretEnvironment } from "../environment.ts";
import { answerDeployTokens } from "../grants/pipeline.ts";
import { findTasks, readTaskFailures, registerReleases } from "../grants/tasks.ts";
import { createDeployments, explainAlarms, readAlarms, readShift } from "../grants/traffic.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const publishAssets = pipelineFunction({
  entry: "deploy/publish-assets",
  timeoutSeconds: 60,
  environment: (context): Environment<typeof environment> => ({
    ...blueGreenEnvironment(context),
    ...secretEnvironment(context),
    ...alarmEnvironment(context),
    REPOSITORY_URI: context.data.images.repository.repositoryUri,
  }),
  may: [
    answerDeployTokens,
    registerReleases,
    createDeployments,
    readAlarms,
    explainAlarms,
    readShift,
    findTasks,
    readTaskFailures,
  ],
});
