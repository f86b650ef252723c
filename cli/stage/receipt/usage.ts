import { BatchGetBuildsCommand } from "@aws-sdk/client-codebuild";
import { GetDeploymentCommand } from "@aws-sdk/client-codedeploy";
import { DescribeTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import { DescribeDBSnapshotsCommand } from "@aws-sdk/client-rds";
import type { Clients } from "../clients.ts";
import { functionLogs } from "../log-sources.ts";
import { readLog } from "../logs.ts";
import type { DeploymentItem } from "../records.ts";
import type { Stage } from "../stage.ts";
import type { TaskTime, Usage } from "./cost.ts";
import { buildPrices } from "./prices.ts";

/** Reads what a deployment used. What cannot be read is named instead. */
export async function readUsage(
  clients: Clients,
  stage: Stage,
  { item, stateTransitions }: { item: DeploymentItem; stateTransitions: number },
): Promise<Usage> {
  const notMetered: string[] = [];
  const unlessFailed = <Result>(name: string, reading: Promise<Result>) =>
    reading.catch((error: unknown) => {
      notMetered.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    });
  const [build, functions, taskTimes, snapshotGigabytes] = await Promise.all([
    unlessFailed("the build", readBuild(clients, item)),
    unlessFailed("functions", readFunctions(clients, stage, item)),
    unlessFailed("tasks", readTaskTimes(clients, stage, item)),
    unlessFailed("the snapshot", readSnapshot(clients, item)),
  ]);
  return { stateTransitions, build, functions, taskTimes: taskTimes ?? [], snapshotGigabytes, notMetered };
}

async function readBuild({ codebuild }: Clients, { build: started }: DeploymentItem): Promise<Usage["build"]> {
  if (!started) return undefined;
  const { builds = [] } = await codebuild.send(new BatchGetBuildsCommand({ ids: [started.id] }));
  const { startTime, endTime = new Date(), environment } = builds[0] ?? {};
  if (!startTime) throw new Error("CodeBuild no longer has it");
  const price = buildPrices[environment?.computeType ?? ""];
  if (!price) throw new Error(`no price of compute type ${environment?.computeType} is known`);
  return { minutes: Math.ceil((endTime.getTime() - startTime.getTime()) / 60_000), price };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html: the REPORT line of an invocation. */
const reportLine = /^REPORT .*\tBilled Duration: (\d+) ms\tMemory Size: (\d+) MB/;

async function readFunctions(clients: Clients, stage: Stage, item: DeploymentItem): Promise<Usage["functions"]> {
  const logs = await Promise.all(functionLogs(stage, item).map((log) => readLog(clients, log, log)));
  const runs = logs.flat().flatMap(({ message }) => {
    const [, milliseconds, megabytes] = reportLine.exec(message) ?? [];
    return milliseconds === undefined ? [] : (Number(milliseconds) / 1000) * (Number(megabytes) / 1024);
  });
  return { invocations: runs.length, gigabyteSeconds: runs.reduce((total, each) => total + each, 0) };
}

/** Of green until blue was terminated, when two task sets ran, and of the migration. */
async function readTaskTimes(clients: Clients, stage: Stage, item: DeploymentItem): Promise<TaskTime[]> {
  const { taskDefinition, shift, migration, steps } = item;
  const arn = taskDefinition?.arn ?? migration?.taskDefinitionArn;
  if (arn === undefined) return [];
  const described = await clients.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: arn }));
  const size = {
    cpu: Number(described.taskDefinition?.cpu ?? 0),
    memoryMb: Number(described.taskDefinition?.memory ?? 0),
  };
  const { startedAt, endedAt } = steps.Migrate ?? {};
  const migrated =
    migration?.taskArn === undefined || startedAt === undefined || endedAt === undefined
      ? []
      : [{ name: "Migration task", seconds: (Date.parse(endedAt) - Date.parse(startedAt)) / 1000, tasks: 1, ...size }];
  if (!shift) return migrated;
  const deploymentId = shift.codeDeployDeploymentId;
  const { deploymentInfo } = await clients.codedeploy.send(new GetDeploymentCommand({ deploymentId }));
  const { createTime, completeTime = new Date() } = deploymentInfo ?? {};
  if (!createTime) return migrated;
  const seconds = (completeTime.getTime() - createTime.getTime()) / 1000;
  return [...migrated, { name: "Blue and green together", seconds, tasks: stage.config.tasks, ...size }];
}

async function readSnapshot({ rds }: Clients, { snapshot }: DeploymentItem): Promise<number | undefined> {
  if (!snapshot) return undefined;
  const { DBSnapshots = [] } = await rds.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: snapshot.id }));
  return DBSnapshots[0]?.AllocatedStorage;
}
