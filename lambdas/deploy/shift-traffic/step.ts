import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import type { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import type { ECSClient } from "@aws-sdk/client-ecs";
import type * as z from "zod/mini";
import { assertNever } from "../../core/errors.ts";
import type { DeploymentRecord } from "../../core/record.ts";
import type { Observation, Outcome, Step, Subject, Work } from "../../core/step.ts";
import type { Redact } from "../../release/redact.ts";
import { registerReleaseTask } from "../../release/release-task.ts";
import {
  createDeployment,
  describeDeployment,
  endBake,
  findDeployments,
  openDeployment,
  stopDeployment,
} from "../../traffic/blue-green.ts";
import { type AlarmDeps, explainStop } from "../../traffic/raised-alarms.ts";
import { describeShift, primaryTaskSet, shiftError, type TrafficShift, trafficWaitKey } from "../../traffic/traffic.ts";
import { allowAlarm, blockingAlarms } from "./blocking-alarms.ts";
import type { environment, observed } from "./contract.ts";
import { describeGreen, stoppedTasks } from "./green-tasks.ts";

interface ObserveDeps extends AlarmDeps {
  readonly redact: Redact;
  readonly codeDeploy: CodeDeployClient;
  readonly ecs: ECSClient;
  readonly logs: CloudWatchLogsClient;
  readonly clock: { now(): Date };
  readonly settings: z.infer<typeof observed>;
}

interface ShiftDeps extends ObserveDeps {
  readonly settings: z.infer<typeof environment>;
}

/** Number of stopped tasks of green after which the shift is aborted: a single one may be chance. */
const crashLimit = 3;
/** How long the hook may not report its progress: it does so every half minute, and probes for up to a minute. */
const hookSeconds = 420;

/** Starts the new release behind the test listener, has it probed there, and shifts production traffic to it. */
export function shiftTraffic(deps: ShiftDeps): Step {
  return {
    name: "Shift traffic",
    observe: observeShift(deps),
    act: (work, observed) =>
      observed.kind === "stuck" ? abortShift(deps, work, observed.reason) : startShift(deps, work),
  };
}

export function observeShift(deps: ObserveDeps) {
  return async ({ record }: Subject): Promise<Observation> => {
    const { shift, taskDefinition } = record;
    if (!shift || !taskDefinition) return { kind: "absent" };
    const { codeDeployDeploymentId: id, attempt, abortReason } = shift;
    const current = await describeShift(deps.codeDeploy, deps.settings, id);
    const waitKey = trafficWaitKey(id);
    switch (current.state) {
      case "succeeded": {
        const primary = await primaryTaskSet(deps.ecs, deps.settings);
        return primary?.taskDefinition === taskDefinition.arn ? { kind: "done" } : { kind: "absent" };
      }
      case "ended": {
        const detail =
          abortReason ??
          (await explainStop(deps, current.info)) ??
          (await greenEvidence(deps, record, taskDefinition.arn));
        return { kind: "failed", attempt, error: shiftError(current.info, detail) };
      }
      case "open": {
        if (current.shifted) return { kind: "done" };
        const reason = abortReason === undefined ? await whyStuck(deps, current, record) : undefined;
        return reason === undefined ? { kind: "running", waitKey } : { kind: "stuck", waitKey, reason };
      }
      default:
        return assertNever(current.state);
    }
  };
}

function hookVerdict(greenProbe: DeploymentRecord["greenProbe"]): string | undefined {
  return greenProbe && !greenProbe.ok
    ? `The probe of the new release on the test listener failed: ${greenProbe.observed}.`
    : undefined;
}

/** The result of the probe and the end of the tasks' log: either may show the cause. */
async function greenEvidence(
  deps: ObserveDeps,
  record: DeploymentRecord,
  taskDefinitionArn: string,
): Promise<string | undefined> {
  const tasks = await describeGreen(deps, await stoppedTasks(deps, taskDefinitionArn));
  return [hookVerdict(record.greenProbe), tasks].filter((text) => text !== undefined).join("\n") || undefined;
}

/** Why green cannot become or stay healthy, long before CodeDeploy itself stops the deployment. */
async function whyStuck(
  deps: ObserveDeps,
  { installing, probing, createdAt }: TrafficShift,
  { greenProbe, taskDefinition }: DeploymentRecord,
): Promise<string | undefined> {
  const stopped = await stoppedTasks(deps, taskDefinition?.arn ?? "");
  const secondsSince = (milliseconds: number) => (deps.clock.now().getTime() - milliseconds) / 1000;
  const seconds = secondsSince(createdAt.getTime());
  const limit = deps.settings.GREEN_DEADLINE_SECONDS ?? 600;
  const isPastDeadline = installing && seconds >= limit;
  // ECS itself stops a task only if it is unhealthy after the grace period of the service; the next one will be, too.
  const isUnhealthy =
    (installing || probing) && stopped.some(({ stopCode }) => stopCode === "ServiceSchedulerInitiated");
  // CodeDeploy itself would wait an hour for its hook.
  const silentSeconds = greenProbe?.at === undefined ? seconds - limit : secondsSince(Date.parse(greenProbe.at));
  const hookTimedOut = probing && silentSeconds >= hookSeconds;
  if (stopped.length < crashLimit && !isPastDeadline && !isUnhealthy && !hookTimedOut) return undefined;
  const timeout = hookTimedOut
    ? `The probe of the new release on the test listener did not report. Check the log of function ${deps.settings.SERVICE_NAME}-probe-green.`
    : `The tasks of the new release were not healthy within ${limit} seconds.`;
  const advice = isUnhealthy
    ? "ECS stops a task that is unhealthy after `app.startSeconds`. Fix: correct the response of the health path, or increase `app.startSeconds`."
    : undefined;
  const texts = [(await describeGreen(deps, stopped)) ?? timeout, hookVerdict(greenProbe), advice];
  return texts.filter((text) => text !== undefined).join("\n");
}

async function abortShift({ codeDeploy }: ShiftDeps, work: Work, abortReason: string): Promise<Outcome> {
  const { shift } = work.record;
  if (!shift) throw new Error("No traffic shift to abort");
  await work.holdLock();
  await stopDeployment({ codeDeploy }, shift.codeDeployDeploymentId);
  await work.remember({ shift: { ...shift, abortReason } });
  return { kind: "running", waitKey: trafficWaitKey(shift.codeDeployDeploymentId) };
}

async function startShift(deps: ShiftDeps, work: Work): Promise<Outcome> {
  const { attempt, record } = work;
  const taskDefinitionArn = await registerOnce(deps, work);
  const description = describeDeployment(record, attempt);
  const since = new Date(Date.parse(record.steps["Shift traffic"]?.startedAt ?? record.createdAt) - 60_000);
  const create = async () => {
    await work.holdLock();
    const ignoresAlarms = record.allows?.includes(allowAlarm) ?? false;
    return createDeployment(deps, { taskDefinitionArn, description, ignoresAlarms });
  };
  const own = (await findDeployments(deps, { createTimeRange: { start: since } })).find(
    (info) => info.description === description,
  );
  const blocked = own ? undefined : await blockingAlarms(deps, work);
  if (blocked) return blocked;
  const created = own?.deploymentId ?? (await create());
  if (created === undefined) return endPreviousBake(deps, work);
  await work.remember({ shift: { codeDeployDeploymentId: created, attempt } });
  return { kind: "running", waitKey: trafficWaitKey(created) };
}

async function registerOnce({ ecs, settings }: ShiftDeps, work: Work): Promise<string> {
  const { attempt, record } = work;
  if (record.taskDefinition?.attempt === attempt) return record.taskDefinition.arn;
  const arn = await registerReleaseTask(ecs, settings, { family: settings.SERVICE_NAME, record });
  await work.remember({ taskDefinition: { arn, attempt }, greenProbe: undefined });
  return arn;
}

/** Ends the bake of an older deployment; waits for the end of one that has not reached its bake. */
async function endPreviousBake(deps: ShiftDeps, work: Work): Promise<Outcome> {
  const older = (await openDeployment(deps))?.deploymentId;
  if (!older) return { kind: "later", reason: "The CodeDeploy deployment group was busy" };
  const { baking } = await describeShift(deps.codeDeploy, deps.settings, older);
  if (baking) {
    await work.holdLock();
    await endBake(deps, older);
  }
  const reason = `CodeDeploy deployment ${older} has to end first${baking ? "; its bake was ended" : ""}`;
  const until = async () => (await describeShift(deps.codeDeploy, deps.settings, older)).state !== "open";
  return { kind: "blocked", reason, waitKey: trafficWaitKey(older), until };
}
