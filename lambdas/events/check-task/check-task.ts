import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type ECSClient,
} from "@aws-sdk/client-ecs";
import {
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import * as z from "zod/mini";
import type { Deps } from "../../core/journal.ts";
import { deploymentKey, type DeploymentRecord, loadRecord } from "../../core/record.ts";
import { describeRequest, judge, type ProbeDeps } from "../../traffic/probing.ts";
import { type environment, type RunningTask, taskRunning } from "./contract.ts";

interface CheckDeps extends Omit<Deps, "clock">, Omit<ProbeDeps, "loadBalancing"> {
  readonly ecs: ECSClient;
  readonly loadBalancing: ElasticLoadBalancingV2Client;
  readonly settings: z.infer<typeof environment>;
}

type Answer = NonNullable<DeploymentRecord["greenAnswer"]>;

/** Less than the timeout of the function. */
const withinMilliseconds = 240_000;
const intervalMilliseconds = 1_000;

/**
 * Follows the health checks of a task that has started. The load balancer reports of a failed one a status code at most, and ECS stops the
 * task: this records what the task itself answers, as long as it runs.
 */
export function checkTask(deps: CheckDeps) {
  return async (event: unknown): Promise<void> => {
    const { detail: task } = z.parse(taskRunning, event);
    const deployment = await deploymentOf(deps, task);
    const group = await targetGroupOf(deps, task);
    if (deployment === undefined || group === undefined || !(await loadRecord(deps.table, deployment)))
      return deps.log.info("Task ignored: it is not of a release that starts", { task: task.taskArn });
    await follow(deps, { task, group, save: (answer) => save(deps, deployment, answer) });
  };
}

/** How long an answer of one task of a release is kept against those of others. */
const keptMilliseconds = 10 * 60_000;

/** The replacement of a task that answered still starts when its predecessor has stopped: it refuses connections, which says less. */
async function save({ table, clock }: CheckDeps, deployment: string, greenAnswer: Answer): Promise<void> {
  const before = (await loadRecord(table, deployment))?.greenAnswer;
  const isRecent = before && clock.now().getTime() - Date.parse(before.at) < keptMilliseconds;
  const saysMore = before?.refusedPort !== undefined && greenAnswer.refusedPort === undefined;
  if (isRecent && before.task !== greenAnswer.task && !saysMore) return;
  await table.patch(deploymentKey(deployment), { greenAnswer });
}

interface Followed {
  readonly task: RunningTask;
  readonly group: string;
  readonly save: (answer: Answer) => Promise<unknown>;
}

async function follow(deps: CheckDeps, { task, group, save: record }: Followed): Promise<void> {
  const until = deps.clock.now().getTime() + withinMilliseconds;
  let recorded = "";
  for (let isRegistered = false; deps.clock.now().getTime() < until; await deps.clock.sleep(intervalMilliseconds)) {
    const target = await targetOf(deps, group, task);
    if (target?.state === "healthy" || (isRegistered && !target)) return; // not registered any more: it is being stopped
    if (!target && !(await isRunning(deps, task))) return; // crashed
    isRegistered ||= target !== undefined;
    if (target?.state !== "unhealthy") continue;
    const answer = await request(deps, group, target);
    if (!answer) continue;
    if (answer.observed !== recorded) await record({ task: task.taskArn, ...answer });
    recorded = answer.observed;
    if (answer.refusedPort === undefined) return; // a refused connection may be of an app that still starts
  }
}

async function isRunning({ ecs, settings }: CheckDeps, { taskArn }: RunningTask): Promise<boolean> {
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster: settings.CLUSTER_ARN, tasks: [taskArn] }));
  return tasks[0]?.lastStatus === "RUNNING";
}

interface TargetState {
  readonly host: string;
  readonly port: number;
  readonly state: string;
}

async function targetOf(
  { loadBalancing }: CheckDeps,
  TargetGroupArn: string,
  { containers }: RunningTask,
): Promise<TargetState | undefined> {
  const addresses = containers.flatMap(({ networkInterfaces = [] }) =>
    networkInterfaces.map(({ privateIpv4Address }) => privateIpv4Address),
  );
  // With an address of its own, a task has no bindings.
  const ports = containers.flatMap(({ networkBindings = [] }) => networkBindings.map(({ hostPort }) => hostPort));
  const { TargetHealthDescriptions = [] } = await loadBalancing.send(
    new DescribeTargetHealthCommand({ TargetGroupArn }),
  );
  for (const { Target: { Id: host, Port: port } = {}, TargetHealth } of TargetHealthDescriptions) {
    if (host === undefined || port === undefined || TargetHealth?.State === "draining") continue;
    if (addresses.includes(host) && (ports.length === 0 || ports.includes(port)))
      return { host, port, state: TargetHealth?.State ?? "initial" };
  }
  return undefined;
}

/** The request of the load balancer's health check, sent to the task. `undefined` if the answer is good by now. */
async function request(deps: CheckDeps, group: string, { host, port }: TargetState) {
  const { TargetGroups = [] } = await deps.loadBalancing.send(
    new DescribeTargetGroupsCommand({ TargetGroupArns: [group] }),
  );
  const { HealthCheckPath: path = "/", Matcher: { HttpCode: accept = "200" } = {} } = TargetGroups[0] ?? {};
  const check = { url: new URL(path, `http://${host}:${port}`), accept };
  const at = deps.clock.now().toISOString();
  try {
    const { ok, observed } = judge(await deps.get(check.url), check, undefined);
    return ok ? undefined : { observed, at };
  } catch (error) {
    const isRefused = error instanceof Error && "code" in error && error.code === "ECONNREFUSED";
    const reason = error instanceof Error ? error.message : String(error);
    const observed = `${describeRequest(check)} was not answered: ${reason}`;
    return { observed, at, ...(isRefused && { refusedPort: port }) };
  }
}

/** The deployment that created the release, by the tag of its task definition. */
async function deploymentOf({ ecs }: CheckDeps, task: RunningTask): Promise<string | undefined> {
  const { tags = [] } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: task.taskDefinitionArn, include: ["TAGS"] }),
  );
  return tags.find(({ key }) => key === "lockstep:deployment")?.value;
}

async function targetGroupOf(
  { ecs, settings }: CheckDeps,
  { taskDefinitionArn }: RunningTask,
): Promise<string | undefined> {
  const { services = [] } = await ecs.send(
    new DescribeServicesCommand({ cluster: settings.CLUSTER_ARN, services: [settings.SERVICE_NAME] }),
  );
  const set = services[0]?.taskSets?.find(({ taskDefinition }) => taskDefinition === taskDefinitionArn);
  return set?.loadBalancers?.[0]?.targetGroupArn;
}
