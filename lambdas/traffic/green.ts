import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListTasksCommand,
  type Task,
} from "@aws-sdk/client-ecs";
import * as z from "zod/mini";
import type { DeploymentRecord } from "../core/record.ts";
import { type Redact, secretArns } from "../release/redact.ts";
import { readStopped, type StoppedTask } from "../release/stopped-task.ts";
import { type TrafficShift, trafficSettings } from "./traffic.ts";
import { whyUnhealthy } from "./why-unhealthy.ts";

const number = z.coerce.number().check(z.int(), z.positive());

export const greenSettings = z.object({
  ...trafficSettings.shape,
  ...secretArns.shape,
  /** How long the tasks of green may take to become healthy; 10 minutes if not set. CodeDeploy itself would wait 60. */
  GREEN_DEADLINE_SECONDS: z.optional(number),
});

interface GreenDeps {
  readonly ecs: ECSClient;
  readonly logs: CloudWatchLogsClient;
  readonly redact: Redact;
  readonly clock: { now(): Date };
  readonly settings: z.infer<typeof greenSettings>;
}

/** The release that a CodeDeploy deployment starts. */
export interface Green {
  readonly name: "the new release" | "the earlier release" | "the live release";
  readonly taskDefinitionArn: string;
  readonly shift: TrafficShift;
  /** Of the deployment that created it: what its hook and its tasks reported. */
  readonly record: Pick<DeploymentRecord, "greenProbe" | "greenAnswer"> | undefined;
}

/** Number of stopped tasks of green after which its deployment is stopped: a single one may be chance. */
const crashLimit = 3;
/** How long the hook may not report its progress: it does so every half minute, and probes for up to a minute. */
const hookSeconds = 420;

/** Why green cannot become or stay healthy, long before CodeDeploy itself stops the deployment. */
export async function whyGreenFails(deps: GreenDeps, green: Green): Promise<string | undefined> {
  const { installing, probing, createdAt } = green.shift;
  const stopped = await stoppedTasks(deps, green);
  const secondsSince = (date: Date) => (deps.clock.now().getTime() - date.getTime()) / 1000;
  const limit = deadlineSeconds(deps);
  const isPastDeadline = installing && secondsSince(createdAt) >= limit;
  // ECS itself stops a task only if it is unhealthy after the grace period of the service; the next one will be, too.
  const isUnhealthy =
    (installing || probing) && stopped.some(({ stopCode }) => stopCode === "ServiceSchedulerInitiated");
  // A rollback has no better release to return to: it waits until ECS stops the task.
  const lastedSeconds = green.name === "the new release" ? lastAnswer(green)?.lastedSeconds : undefined;
  const keepsFailing = (installing || probing) && lastedSeconds !== undefined;
  // CodeDeploy itself would wait an hour for its hook.
  const reportedAt = lastProbe(green)?.at;
  const silentSeconds = reportedAt === undefined ? secondsSince(createdAt) - limit : secondsSince(new Date(reportedAt));
  const hookTimedOut = probing && silentSeconds >= hookSeconds;
  if (stopped.length < crashLimit && !isPastDeadline && !isUnhealthy && !hookTimedOut && !keepsFailing)
    return undefined;
  const timeout = hookTimedOut
    ? `The probe of ${green.name} on the test listener did not report. Check the log of function ${deps.settings.SERVICE_NAME}-probe-green.`
    : `The tasks of ${green.name} were not healthy within ${limit} seconds.`;
  const advice = isUnhealthy
    ? "ECS stops a task that is unhealthy after `app.startSeconds`. Fix: correct the response of the health path, or increase `app.startSeconds`."
    : `A task has answered so for ${lastedSeconds} seconds, a quarter of \`app.startSeconds\`. An app that is still starting answers 503, or does not listen yet.`;
  const tasks = await describeTasks(deps, green, stopped);
  const texts = [
    tasks,
    stopped.length === 0 && !keepsFailing ? timeout : undefined,
    await unhealthyEvent(deps, createdAt),
    await describeProbe(deps, green),
    isUnhealthy || keepsFailing ? advice : undefined,
  ];
  return texts.filter((text) => text !== undefined).join("\n");
}

/** The newest event of the service about a failed health check. The target group forgets the reason with the target. */
async function unhealthyEvent({ ecs, settings }: GreenDeps, since: Date): Promise<string | undefined> {
  const { CLUSTER_ARN: cluster, SERVICE_NAME } = settings;
  const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: [SERVICE_NAME] }));
  const events = (services[0]?.events ?? []).filter(({ createdAt }) => createdAt !== undefined && createdAt >= since);
  return events.find(({ message = "" }) => message.includes(" is unhealthy in "))?.message;
}

/** How far green is, and when its deployment is stopped. */
export async function describeProgress(deps: GreenDeps, green: Green): Promise<string> {
  const { length } = await stoppedTasks(deps, green);
  const { installing, createdAt } = green.shift;
  const deadline = new Date(createdAt.getTime() + deadlineSeconds(deps) * 1000);
  const stopped = `stopped tasks: ${length} of at most ${crashLimit - 1}`;
  const limit = `deadline ${deadline.toISOString().slice(11, 19)} UTC`;
  return installing ? `${green.name} is not healthy yet; ${stopped}; ${limit}` : `${green.name} is healthy; ${stopped}`;
}

/** The result of the probe and the end of the tasks' log: either may show why green failed. */
export async function describeGreen(deps: GreenDeps, green: Green): Promise<string | undefined> {
  const tasks = await describeTasks(deps, green, await stoppedTasks(deps, green));
  return [await describeProbe(deps, green), tasks].filter((text) => text !== undefined).join("\n") || undefined;
}

/** A release that is deployed again has the reports of its first deployment until there are new ones. */
function current<Report extends { readonly at?: string | undefined }>(
  { shift }: Green,
  report: Report | undefined,
): Report | undefined {
  return report?.at !== undefined && Date.parse(report.at) < shift.createdAt.getTime() ? undefined : report;
}

const lastAnswer = (green: Green) => current(green, green.record?.greenAnswer);

const lastProbe = (green: Green) => current(green, green.record?.greenProbe);

async function describeProbe({ redact }: GreenDeps, green: Green): Promise<string | undefined> {
  const probe = lastProbe(green);
  if (!probe || probe.ok) return undefined;
  return redact(`The probe of ${green.name} on the test listener failed: ${probe.observed}.`);
}

function deadlineSeconds({ settings }: GreenDeps): number {
  return settings.GREEN_DEADLINE_SECONDS ?? 600;
}

/** The cause in the first line, then the evidence. */
async function describeTasks(deps: GreenDeps, green: Green, stopped: readonly Task[]): Promise<string | undefined> {
  const [task] = stopped;
  const last = task && (await readStopped(deps, task));
  const answer = lastAnswer(green);
  // A task that ECS stopped did not fail by itself.
  const crashed = last && task.stopCode !== "ServiceSchedulerInitiated";
  const reason = crashed ? whyCrashed(green, last) : answer && whyUnhealthy(answer, last?.log ?? {});
  const count = stopped.length === 1 ? "A task" : `${stopped.length} tasks`;
  const evidence = last && [`${count} of ${green.name} stopped. The last one: ${last.how}`, last.tail];
  const texts = [reason && (await deps.redact(reason)), ...(evidence ?? [])].filter((text) => text !== undefined);
  return texts.length === 0 ? undefined : texts.join("\n");
}

function whyCrashed({ name }: Green, { cause, advice }: StoppedTask): string | undefined {
  if (cause === undefined) return undefined;
  return [`${name[0]?.toUpperCase()}${name.slice(1)} crashed: ${cause}`, advice]
    .filter((text) => text !== undefined)
    .join("\n");
}

const newestFirst = (a: Task, b: Task) => (b.stoppedAt?.getTime() ?? 0) - (a.stoppedAt?.getTime() ?? 0);

/**
 * Stopped tasks of green, the newest first. ECS keeps them for about an hour, also those of an earlier deployment of the same task
 * definition, which say nothing about this one.
 */
async function stoppedTasks({ ecs, settings }: GreenDeps, { taskDefinitionArn, shift }: Green): Promise<Task[]> {
  const { CLUSTER_ARN: cluster, SERVICE_NAME: serviceName } = settings;
  const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster, serviceName, desiredStatus: "STOPPED" }));
  if (taskArns.length === 0) return [];
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }));
  const isOfGreen = (task: Task) =>
    task.taskDefinitionArn === taskDefinitionArn &&
    task.lastStatus === "STOPPED" &&
    (task.createdAt ?? shift.createdAt) >= shift.createdAt;
  return tasks.filter(isOfGreen).sort(newestFirst);
}
