import type { environment } from "../../lambdas/deploy/shift-traffic/contract.ts";
import { blueGreenEnvironment, type Environment, secretEnvironment, trafficEnvironment } from "../environment.ts";
import { answerDeployTokens } from "../grants/pipeline.ts";
import { readTaskFailures, registerReleases } from "../grants/tasks.ts";
import { createDeployments, readAlarms, readShift } from "../grants/traffic.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const shiftTraffic = pipelineFunction({
  entry: "deploy/shift-traffic",
  timeoutSeconds: 60,
  environment: (context): Environment<typeof environment> => ({
    ...trafficEnvironment(context),
    ...blueGreenEnvironment(context),
    ...secretEnvironment(context),
    BASE_TASK_DEFINITION_ARN: context.service.webService.releaseTask.taskDefinitionArn,
    ALARM_PREFIX: `${context.props.prefix}-`,
  }),
  may: [answerDeployTokens, registerReleases, createDeployments, readAlarms, readShift, readTaskFailures],
});
