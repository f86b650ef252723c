import type { PipelineFunction } from "../pipeline-function.ts";
import { ecsArn, type StepContext } from "../step-context.ts";
import { observeTasks } from "../deploy/migrate.ts";
import { restoreFunction } from "./restore-function.ts";

export function restoreTasks(context: StepContext): PipelineFunction {
  const { cluster, service } = context.service.webService;
  const made = restoreFunction(context, {
    name: "restore-tasks",
    entry: "restore/tasks",
    timeoutSeconds: 60,
    environment: { CLUSTER_ARN: cluster.clusterArn, SERVICE_NAME: service.serviceName },
  })
    .allow(["ecs:DescribeServices"], [ecsArn(context, `service/${cluster.clusterName}/*`)])
    .allow(["ecs:StopTask"], [ecsArn(context, `task/${cluster.clusterName}/*`)], {
      ArnEquals: { "ecs:cluster": cluster.clusterArn },
    });
  return observeTasks(made, context);
}
