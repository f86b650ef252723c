import type { environment } from "../../lambdas/deploy/shift-traffic/contract.ts";
import { alarmEnvironment, blueGreenEnvironment, type Environment, secretEnvironment } from "../environment.ts";
import { answerDeployTokens } from "../grants/pipeline.ts";
import { findTasks, readTaskFailures, registerReleases } from "../grants/tasks.ts";
import { createDeployments, explainAlarms, readAlarms, readShift } from "../grants/traffic.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const shiftTraffic = pipelineFunction({
  entry: "deploy/shift-traffic",
  timeoutSeconds: 60,
  environment: (context): Environment<typeof environment> => ({
    ...blueGreenEnvironment(context),
    ...secretEnvironment(context),
    ...alarmEnvironment(context),
    BASE_TASK_DEFINITION_ARN: context.releaseTask.taskDefinitionArn,
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
