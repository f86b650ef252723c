import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type ECSClient,
} from "@aws-sdk/client-ecs";
import * as z from "zod/mini";
import type { Deps } from "../../core/journal.ts";
import { deploymentKey, loadRecord } from "../../core/record.ts";
import { wake } from "../../core/waiting.ts";
import type { ProbeDeps } from "../../traffic/probing.ts";
import { trafficWaitKey } from "../../traffic/traffic.ts";
import { type environment, type RunningTask, taskRunning } from "./contract.ts";
import { type Answer, request, targetOf } from "./request.ts";

interface CheckDeps extends Omit<Deps, "clock">, ProbeDeps {
  readonly ecs: ECSClient;
  readonly settings: z.infer<typeof environment>;
}

/** Less than the timeout of the function. */
const withinMilliseconds = 240_000;
const intervalMilliseconds = 1_000;

/**
 * Follows the health checks of a task that has started. The load balancer reports of a failed one a status code at most, and ECS stops the
 * task only after its grace period: this records what the task itself answers, and wakes the step that waits for it if the answer lasts.
 */
export function checkTask(deps: CheckDeps) {
  return async (event: unknown): Promise<void> => {
    const { detail: task } = z.parse(taskRunning, event);
    const deployment = await deploymentOf(deps, task);
    const service = await serviceOf(deps, task);
    if (deployment === undefined || service === undefined || !(await loadRecord(deps.table, deployment)))
      return deps.log.info("Task ignored: it is not of a release that starts", { task: task.taskArn });
    const lasts = await follow(deps, { task, ...service, save: (answer) => save(deps, deployment, answer) });
    if (!lasts) return;
    const shift = (await loadRecord(deps.table, deployment))?.shift;
    if (shift === undefined) return;
    const waitKey = { exactly: trafficWaitKey(shift.codeDeployDeploymentId) };
    await wake(deps, waitKey, "A task of the new release keeps failing its health check");
  };
}

/** How long an answer of one task of a release is kept against those of others. */
const keptMilliseconds = 10 * 60_000;

/** The replacement of a task that answered still starts when its predecessor has stopped: it refuses connections, which says less. */
async function save({ table, clock }: CheckDeps, deployment: string, greenAnswer: Answer): Promise<void> {
  const before = (await loadRecord(table, deployment))?.greenAnswer;
  const isRecent = before && clock.now().getTime() - Date.parse(before.at) < keptMilliseconds;
  const saysMore =
    greenAnswer.lastedSeconds !== undefined ||
    (before?.refusedPort !== undefined && greenAnswer.refusedPort === undefined);
  if (isRecent && before.task !== greenAnswer.task && !saysMore) return;
  await table.patch(deploymentKey(deployment), { greenAnswer });
}

interface Service {
  readonly group: string;
  /** How long a task may take to start. */
  readonly startSeconds: number;
}

interface Followed extends Service {
  readonly task: RunningTask;
  readonly save: (answer: Answer) => Promise<unknown>;
}

/** Of `app.startSeconds`: how long an app that is up may give the same wrong answer. */
const patience = 1 / 4;
/** Of an app, or a proxy before it, that is not ready yet: https://www.rfc-editor.org/rfc/rfc9110#name-503-service-unavailable */
const notReady = [502, 503, 504];

/** Until the task is healthy or stops. `true` if it keeps giving the same wrong answer, long before ECS would stop it. */
async function follow(deps: CheckDeps, { task, group, startSeconds, save: record }: Followed): Promise<boolean> {
  const now = () => deps.clock.now().getTime();
  const until = now() + withinMilliseconds;
  let last: { readonly key: string; readonly since: number } | undefined;
  for (let isRegistered = false; now() < until; await deps.clock.sleep(intervalMilliseconds)) {
    const target = await targetOf(deps, group, task);
    if (target?.state === "healthy" || (isRegistered && !target)) return false; // not registered any more: it is being stopped
    if (!target && !(await isRunning(deps, task))) return false; // crashed
    isRegistered ||= target !== undefined;
    if (target?.state !== "unhealthy") continue;
    const failed = await request(deps, group, target);
    if (!failed) {
      last = undefined;
      continue;
    }
    const { status, ...answer } = failed;
    const key = String(status ?? answer.refusedPort);
    if (last?.key !== key) {
      last = { key, since: now() };
      await record({ task: task.taskArn, ...answer });
    }
    const lastedSeconds = Math.round((now() - last.since) / 1000);
    if (status === undefined || notReady.includes(status) || lastedSeconds < startSeconds * patience) continue;
    await record({ task: task.taskArn, ...answer, lastedSeconds });
    return true;
  }
  return false;
}

async function isRunning({ ecs, settings }: CheckDeps, { taskArn }: RunningTask): Promise<boolean> {
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster: settings.CLUSTER_ARN, tasks: [taskArn] }));
  return tasks[0]?.lastStatus === "RUNNING";
}

/** The deployment that created the release, by the tag of its task definition. */
async function deploymentOf({ ecs }: CheckDeps, task: RunningTask): Promise<string | undefined> {
  const { tags = [] } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: task.taskDefinitionArn, include: ["TAGS"] }),
  );
  return tags.find(({ key }) => key === "lockstep:deployment")?.value;
}

async function serviceOf(
  { ecs, settings }: CheckDeps,
  { taskDefinitionArn }: RunningTask,
): Promise<Service | undefined> {
  const { services = [] } = await ecs.send(
    new DescribeServicesCommand({ cluster: settings.CLUSTER_ARN, services: [settings.SERVICE_NAME] }),
  );
  const [service] = services;
  const set = service?.taskSets?.find(({ taskDefinition }) => taskDefinition === taskDefinitionArn);
  const group = set?.loadBalancers?.[0]?.targetGroupArn;
  return group === undefined ? undefined : { group, startSeconds: service?.healthCheckGracePeriodSeconds ?? 60 };
}
