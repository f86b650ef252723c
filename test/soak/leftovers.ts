import { BatchGetBuildsCommand, CodeBuildClient, ListBuildsCommand } from "@aws-sdk/client-codebuild";
import { CodeDeployClient, ListDeploymentsCommand } from "@aws-sdk/client-codedeploy";
import { DescribeServicesCommand, ECSClient, ListTasksCommand } from "@aws-sdk/client-ecs";
import { DescribeDBInstancesCommand, DescribeDBSnapshotsCommand, RDSClient } from "@aws-sdk/client-rds";
import path from "node:path";
import { prefix, type World } from "../matrix/world.ts";
import { processesOf } from "./processes.ts";

/** What a finished deployment must not leave behind, in words; empty when the stage is idle. */
export async function leftovers(world: World): Promise<string[]> {
  const counts = await Promise.all([
    world.running("deploy"),
    world.running("rollback"),
    unfinishedBuilds(world),
    unfinishedShifts(world),
  ]);
  const kinds = ["running deployments", "running rollbacks", "running builds", "running CodeDeploy deployments"];
  const { holder, frozen } = await world.lock();
  return [
    ...kinds.flatMap((kind, index) => (counts[index] ? [`${counts[index]} ${kind}`] : [])),
    ...(holder === undefined ? [] : [`the lock is held by ${holder}`]),
    ...(frozen ? [`the stage is frozen: ${frozen.reason}`] : []),
    ...(await database(world)),
    ...(await tasks(world)),
    ...processes(world),
  ];
}

async function unfinishedBuilds(world: World): Promise<number> {
  const client = await world.stage.client(CodeBuildClient);
  const { ids = [] } = await client.send(new ListBuildsCommand({}));
  const { builds = [] } = await client.send(new BatchGetBuildsCommand({ ids: ids.slice(0, 20) }));
  return builds.filter(({ buildStatus }) => buildStatus === "IN_PROGRESS").length;
}

async function unfinishedShifts(world: World): Promise<number> {
  const client = await world.stage.client(CodeDeployClient);
  const includeOnlyStatuses = ["Created", "Queued", "InProgress", "Baking", "Ready"] as const;
  const { deployments = [] } = await client.send(
    new ListDeploymentsCommand({ includeOnlyStatuses: [...includeOnlyStatuses] }),
  );
  return deployments.length;
}

async function database(world: World): Promise<string[]> {
  const client = await world.stage.client(RDSClient);
  const { DBInstances = [] } = await client.send(new DescribeDBInstancesCommand({}));
  const { DBSnapshots = [] } = await client.send(new DescribeDBSnapshotsCommand({}));
  const statuses = DBInstances.map(({ DBInstanceStatus = "" }) => DBInstanceStatus).join(", ");
  const creating = DBSnapshots.filter(({ Status }) => Status === "creating").length;
  return [
    ...(statuses === "available" ? [] : [`database instances: ${statuses}`]),
    ...(creating === 0 ? [] : [`${creating} snapshots are being created`]),
  ];
}

async function tasks(world: World): Promise<string[]> {
  const client = await world.stage.client(ECSClient);
  const { taskArns = [] } = await client.send(new ListTasksCommand({ cluster: prefix }));
  const stopping = await client.send(new ListTasksCommand({ cluster: prefix, desiredStatus: "STOPPED" }));
  const { services = [] } = await client.send(new DescribeServicesCommand({ cluster: prefix, services: [prefix] }));
  const taskSets = services.flatMap((service) => service.taskSets ?? []);
  return [
    ...(taskArns.length === 1 ? [] : [`${taskArns.length} running tasks (${stopping.taskArns?.length ?? 0} stopped)`]),
    ...(taskSets.length === 1 ? [] : [`${taskSets.length} task sets`]),
  ];
}

/** The processes that an idle stage does not have: it runs one load balancer, one database and one task, each with its keeper. */
function processes({ stage }: World): string[] {
  const running = processesOf(stage.directory);
  const serviceOf = (keeps: string) => path.relative(stage.directory, keeps).split(path.sep)[0] ?? "";
  const services = running.flatMap(({ keeps }) => (keeps === undefined ? [] : [serviceOf(keeps)])).toSorted();
  const started = new Set([stage.controlPlanePid(), ...running.flatMap(({ pid, keeps }) => (keeps ? [pid] : []))]);
  const isOrphan = ({ pid, parent }: { pid: number; parent: number }) => !started.has(pid) && parent === 1;
  return [
    ...(services.join() === "ecs,elastic-load-balancing-v2,rds" ? [] : [`keepers: ${services.join(", ")}`]),
    ...running.filter(isOrphan).map(({ pid }) => `process ${pid} has no parent`),
  ];
}
