import type { environment } from "../../lambdas/restore/tasks/contract.ts";
import type { Environment } from "../environment.ts";
import { answerRestoreTokens } from "../grants/pipeline.ts";
import { readService, readTasks, stopTasks } from "../grants/tasks.ts";
import { pipelineFunction } from "../pipeline-function.ts";

export const restoreTasks = pipelineFunction({
  entry: "restore/tasks",
  name: "restore-tasks",
  timeoutSeconds: 60,
  environment: ({ service: { webService } }): Environment<typeof environment> => ({
    CLUSTER_ARN: webService.cluster.clusterArn,
    SERVICE_NAME: webService.service.serviceName,
  }),
  may: [answerRestoreTokens, readService, stopTasks, readTasks],
});
