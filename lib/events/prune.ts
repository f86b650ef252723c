import type { environment } from "../../lambdas/events/prune/contract.ts";
import type { Environment } from "../environment.ts";
import { pruneImages } from "../grants/build.ts";
import { pruneSnapshots } from "../grants/database.ts";
import { migrationFamily, pruneTaskDefinitions, readService, findTasks } from "../grants/tasks.ts";
import type { PipelineContext } from "../pipeline-context.ts";
import { pipelineFunction } from "../pipeline-function.ts";

/** How many releases keep their task definitions and images. */
const keepReleases = 20;

/** Deletes what past deployments left behind and no rollback or restore needs. */
export const prune = pipelineFunction({
  entry: "events/prune",
  timeoutSeconds: 300,
  environment: pruneEnvironment,
  may: [pruneSnapshots, readService, pruneTaskDefinitions, findTasks, pruneImages],
});

function pruneEnvironment(context: PipelineContext): Environment<typeof environment> {
  const { data, service, props } = context;
  return {
    DB_INSTANCE_IDENTIFIER: data.database.instanceIdentifier,
    KEEP_SNAPSHOTS: String(props.stage.snapshots.keep),
    KEEP_DAYS: String(props.stage.snapshots.days),
    KEEP_RELEASES: String(keepReleases),
    CLUSTER_ARN: service.webService.cluster.clusterArn,
    SERVICE_NAME: service.webService.service.serviceName,
    REPOSITORY_NAME: data.images.repository.repositoryName,
    TASK_FAMILIES: `${props.prefix},${migrationFamily(context)}`,
  };
}
