import type { environment } from "../../lambdas/events/check-task/contract.ts";
import type { Environment } from "../environment.ts";
import { answerDeployTokens } from "../grants/pipeline.ts";
import { readService, readTaskDefinitions, readTasks } from "../grants/tasks.ts";
import { readTargets } from "../grants/traffic.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const checkTask = pipelineFunction({
  entry: "events/check-task",
  timeoutSeconds: 300, // follows a task until it is healthy
  inVpc: true,
  environment: ({ service: { webService } }): Environment<typeof environment> => ({
    CLUSTER_ARN: webService.cluster.clusterArn,
    SERVICE_NAME: webService.service.serviceName,
  }),
  may: [answerDeployTokens, readService, readTargets, readTaskDefinitions, readTasks],
});
