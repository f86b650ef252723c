import {
  type CodeDeployClient,
  GetDeploymentCommand,
  PutLifecycleEventHookExecutionStatusCommand,
} from "@aws-sdk/client-codedeploy";
import * as z from "zod/mini";
import { isTransient } from "../../core/errors.ts";
import type { Deps } from "../../core/journal.ts";
import { deploymentKey, type DeploymentRecord, loadRecord } from "../../core/record.ts";
import { wake } from "../../core/waiting.ts";
import { deploymentOf } from "../../traffic/blue-green.ts";
import { findTargetProblem, type ListenerName } from "../../traffic/listener.ts";
import { type ProbeDeps, probeLimits, probeListener, type Verdict } from "../../traffic/probing.ts";
import { isOpen, lifecycle, trafficWaitKey } from "../../traffic/traffic.ts";
import { type environment, type HookEvent, hookEvent } from "./contract.ts";

interface HookDeps extends Omit<Deps, "clock">, ProbeDeps {
  readonly codeDeploy: CodeDeployClient;
  readonly settings: z.infer<typeof environment>;
}

/** Less than the timeout of the function, so that it can report; CodeDeploy itself would wait an hour. */
const targetsWithinMinutes = 13;
const recordIntervalMilliseconds = 30_000;

/**
 * Lifecycle hook of CodeDeploy: probes green on the test listener before production traffic shifts, and wakes the waiting step after all
 * of it has. It always reports a status, unless the deployment has ended: CodeDeploy waits an hour for a hook that does not.
 */
export function probeGreen(deps: HookDeps) {
  return async (event: unknown): Promise<void> => {
    const hook = z.parse(hookEvent, event);
    deps.log.appendKeys({ codeDeployDeployment: hook.DeploymentId });
    let status: "Succeeded" | "Failed" | "ended" = "Failed";
    let shifted = false;
    try {
      shifted = await hasShifted(deps, hook);
      status = shifted ? "Succeeded" : await checkGreen(deps, hook);
    } finally {
      if (status !== "ended") await report(deps.codeDeploy, hook, status);
    }
    const waitKey = { exactly: trafficWaitKey(hook.DeploymentId) };
    if (shifted) await wake(deps, waitKey, "All production traffic has shifted to the new release.");
  };
}

/** The event does not name its hook; the lifecycle of the deployment shows it. */
async function hasShifted({ codeDeploy, settings }: HookDeps, { DeploymentId }: HookEvent): Promise<boolean> {
  return (await lifecycle(codeDeploy, settings, DeploymentId)).get("AllowTraffic") === "Succeeded";
}

async function checkGreen(deps: HookDeps, { DeploymentId: id }: HookEvent): Promise<"Succeeded" | "Failed" | "ended"> {
  const { deploymentInfo } = await deps.codeDeploy.send(new GetDeploymentCommand({ deploymentId: id }));
  const deployment = deploymentOf(deploymentInfo?.description);
  const record = deployment ? await loadRecord(deps.table, deployment) : undefined;
  const verdict = (await awaitTargets(deps, id, record)) ?? (await probe(deps, record));
  if (verdict === "ended") return verdict;
  deps.log.info("Green probed", { ...verdict });
  await recordVerdict(deps, record, verdict);
  return verdict.ok ? "Succeeded" : "Failed";
}

/**
 * Waits until all targets of green are healthy, if necessary for the whole start of the app: before the test listener forwards to a
 * target group that had no traffic, the load balancer does not check its targets and CodeDeploy considers them healthy.
 */
async function awaitTargets(
  deps: HookDeps,
  deploymentId: string,
  record: DeploymentRecord | undefined,
): Promise<Verdict | "ended" | undefined> {
  const startedAt = deps.clock.now().getTime();
  let recordedAt = 0;
  let observed = "";
  for (;;) {
    const problem = await targetProblem(deps);
    if (!problem) return undefined;
    // Later ones may say less: ECS replaces an unhealthy task.
    if (problem.isUnhealthy || observed === "") ({ observed } = problem);
    const now = deps.clock.now().getTime();
    if (now - startedAt >= targetsWithinMinutes * 60_000)
      return { ok: false, observed: `no request was sent within ${targetsWithinMinutes} minutes: ${observed}` };
    if (!(await isOpen(deps.codeDeploy, deploymentId))) return "ended";
    if (now - recordedAt >= recordIntervalMilliseconds) {
      await recordVerdict(deps, record, { ok: false, observed });
      recordedAt = now;
    }
    await deps.clock.sleep(probeLimits.targetIntervalMilliseconds);
  }
}

/** An error of AWS that passes must not fail the release. */
async function targetProblem({ loadBalancing, settings }: HookDeps) {
  try {
    return await findTargetProblem(loadBalancing, testListener(settings), { all: true });
  } catch (error) {
    if (isTransient(error)) return { observed: unreachable(error).observed, isUnhealthy: false };
    throw error;
  }
}

function probe(deps: HookDeps, record: DeploymentRecord | undefined): Promise<Verdict> {
  const { errorsInARow } = probeLimits;
  return probeListener(deps, {
    ...testListener(deps.settings),
    errorsInARow,
    ...(record && { release: record.commit }),
  }).catch(unreachable);
}

function testListener({ LOAD_BALANCER_ARN, TEST_LISTENER_ARN }: HookDeps["settings"]): ListenerName {
  return { LOAD_BALANCER_ARN, TEST_LISTENER_ARN, listener: "test" };
}

async function recordVerdict({ table, clock }: HookDeps, record: DeploymentRecord | undefined, verdict: Verdict) {
  if (!record) return;
  await table.patch(deploymentKey(record.deployment), {
    greenProbe: { ok: verdict.ok, observed: verdict.observed, at: clock.now().toISOString() },
  });
}

function unreachable(error: unknown): Verdict {
  const reason = error instanceof Error ? error.message : String(error);
  return { ok: false, observed: `the listener could not be read: ${reason}` };
}

async function report(codeDeploy: CodeDeployClient, hook: HookEvent, status: "Succeeded" | "Failed"): Promise<void> {
  await codeDeploy.send(
    new PutLifecycleEventHookExecutionStatusCommand({
      deploymentId: hook.DeploymentId,
      lifecycleEventHookExecutionId: hook.LifecycleEventHookExecutionId,
      status,
    }),
  );
}
