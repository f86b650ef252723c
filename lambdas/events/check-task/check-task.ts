import { DescribeServicesCommand, DescribeTaskDefinitionCommand, type ECSClient } from "@aws-sdk/client-ecs";
import {
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import * as z from "zod/mini";
import type { Deps } from "../../core/journal.ts";
import { deploymentKey, type DeploymentRecord, loadRecord } from "../../core/record.ts";
import { describeRequest, judge, type ProbeDeps } from "../../traffic/probing.ts";
import { type environment, taskRunning } from "./contract.ts";

interface CheckDeps extends Omit<Deps, "clock">, Omit<ProbeDeps, "loadBalancing"> {
  readonly ecs: ECSClient;
  readonly loadBalancing: ElasticLoadBalancingV2Client;
  readonly settings: z.infer<typeof environment>;
}

type Answer = NonNullable<DeploymentRecord["greenAnswer"]>;

/** Less than the timeout of the function. */
const withinMilliseconds = 280_000;
const intervalMilliseconds = 1_000;

/**
 * Follows the health checks of a task that has started. The load balancer reports of a failed one a status code at most, and ECS stops the
 * task: this records what the task itself answers, as long as it runs.
 */
export function checkTask(deps: CheckDeps) {
  return async (event: unknown): Promise<void> => {
    const { taskDefinitionArn } = z.parse(taskRunning, event).detail;
    const deployment = await deploymentOf(deps, taskDefinitionArn);
    const group = await targetGroupOf(deps, taskDefinitionArn);
    if (deployment === undefined || group === undefined || !(await loadRecord(deps.table, deployment)))
      return deps.log.info("Task ignored: it is not of a release that starts", { taskDefinitionArn });
    await follow(deps, group, (greenAnswer) => deps.table.patch(deploymentKey(deployment), { greenAnswer }));
  };
}

async function follow(deps: CheckDeps, group: string, save: (answer: Answer) => Promise<unknown>): Promise<void> {
  const until = deps.clock.now().getTime() + withinMilliseconds;
  let saved = "";
  for (let isRegistered = false; deps.clock.now().getTime() < until; await deps.clock.sleep(intervalMilliseconds)) {
    const targets = await targetsOf(deps, group);
    if (isRegistered && targets.length === 0) return; // stopped
    isRegistered ||= targets.length > 0;
    if (isRegistered && targets.every(({ state }) => state === "healthy")) return;
    const unhealthy = targets.find(({ state }) => state === "unhealthy");
    const answer = unhealthy && (await request(deps, group, unhealthy));
    if (!answer) continue;
    if (answer.observed !== saved) await save(answer);
    saved = answer.observed;
    if (answer.refusedPort === undefined) return; // a refused connection may be of an app that still starts
  }
}

interface TargetState {
  readonly host: string;
  readonly port: number;
  readonly state: string;
}

async function targetsOf({ loadBalancing }: CheckDeps, TargetGroupArn: string): Promise<TargetState[]> {
  const { TargetHealthDescriptions = [] } = await loadBalancing.send(
    new DescribeTargetHealthCommand({ TargetGroupArn }),
  );
  return TargetHealthDescriptions.flatMap(({ Target, TargetHealth }) => {
    const { Id: host, Port: port } = Target ?? {};
    const state = TargetHealth?.State ?? "initial";
    return host === undefined || port === undefined || state === "draining" ? [] : [{ host, port, state }];
  });
}

/** The request of the load balancer's health check, sent to the task. `undefined` if the answer is good by now. */
async function request(deps: CheckDeps, group: string, { host, port }: TargetState): Promise<Answer | undefined> {
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
async function deploymentOf({ ecs }: CheckDeps, taskDefinition: string): Promise<string | undefined> {
  const { tags = [] } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition, include: ["TAGS"] }));
  return tags.find(({ key }) => key === "lockstep:deployment")?.value;
}

async function targetGroupOf({ ecs, settings }: CheckDeps, taskDefinitionArn: string): Promise<string | undefined> {
  const { services = [] } = await ecs.send(
    new DescribeServicesCommand({ cluster: settings.CLUSTER_ARN, services: [settings.SERVICE_NAME] }),
  );
  const set = services[0]?.taskSets?.find(({ taskDefinition }) => taskDefinition === taskDefinitionArn);
  return set?.loadBalancers?.[0]?.targetGroupArn;
}
