import { BatchGetBuildsCommand, type CodeBuildClient } from "@aws-sdk/client-codebuild";
import type { CodeDeployClient, DeploymentInfo } from "@aws-sdk/client-codedeploy";
import { type ECSClient, ListTasksCommand } from "@aws-sdk/client-ecs";
import type { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import * as z from "zod/mini";
import type { StageState } from "./decide-actions.ts";
import { isAssetsOf, isReleaseOf, openDeployment } from "../traffic/blue-green.ts";
import { loadRecord } from "../core/record.ts";
import type { RollbackRecord } from "./record.ts";
import type { Table } from "../core/table.ts";
import { probeSettings } from "../traffic/probing.ts";
import { describeShift, productionTraffic, trafficSettings } from "../traffic/traffic.ts";

export const stageSettings = z.object({
  ...trafficSettings.shape,
  ...probeSettings.shape,
  MIGRATION_FAMILY: z.string(),
});

export type StageSettings = z.infer<typeof stageSettings>;

export interface StageDeps {
  readonly codeBuild: CodeBuildClient;
  readonly codeDeploy: CodeDeployClient;
  readonly ecs: ECSClient;
  readonly loadBalancing: ElasticLoadBalancingV2Client;
  readonly table: Table;
  readonly settings: StageSettings;
}

type Undoing = Pick<RollbackRecord, "cause" | "from" | "to">;

/** Reads the current state from AWS. */
export async function readStage(deps: StageDeps, { cause, from, to }: Undoing): Promise<StageState> {
  const [traffic, open, build, migration] = await Promise.all([
    productionTraffic(deps, deps.settings),
    openDeployment(deps),
    runningBuild(deps, cause),
    runningMigration(deps),
  ]);
  const own = from !== undefined && open !== undefined && (await isOwn(deps, from.deployment, open));
  return {
    traffic,
    awayFrom: from?.taskDefinitionArn,
    target: to?.taskDefinitionArn,
    mustReachTarget: cause.kind !== "execution",
    ...(open?.deploymentId && { open: { id: open.deploymentId, own } }),
    ...(build !== undefined && { build }),
    ...(migration !== undefined && { migration }),
  };
}

/** A live release that serves with the assets of the failed one stays: it is the same release. */
async function isOwn(deps: StageDeps, deployment: string, open: DeploymentInfo): Promise<boolean> {
  if (isReleaseOf(open.description, deployment)) return true;
  if (!isAssetsOf(open.description, deployment) || open.deploymentId === undefined) return false;
  return !(await describeShift(deps.codeDeploy, deps.settings, open.deploymentId)).shifted;
}

async function runningBuild({ codeBuild, table }: StageDeps, cause: Undoing["cause"]): Promise<string | undefined> {
  const record = cause.kind === "execution" ? await loadRecord(table, cause.deployment) : undefined;
  if (!record?.build || record.image) return undefined;
  const { builds = [] } = await codeBuild.send(new BatchGetBuildsCommand({ ids: [record.build.id] }));
  return builds[0]?.buildStatus === "IN_PROGRESS" ? record.build.id : undefined;
}

async function runningMigration({ ecs, settings }: StageDeps): Promise<string | undefined> {
  const { CLUSTER_ARN: cluster, MIGRATION_FAMILY: family } = settings;
  const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster, family }));
  return taskArns[0];
}
