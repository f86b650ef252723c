import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import type { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import type { ECSClient } from "@aws-sdk/client-ecs";
import type * as z from "zod/mini";
import {
  createDeployment,
  endBake,
  findDeployments,
  openDeployment,
  stopDeployment,
} from "../../traffic/blue-green.ts";
import { describeDeployment } from "../../traffic/deployment-description.ts";
import { assertNever } from "../../core/errors.ts";
import type { DeploymentRecord } from "../../core/record.ts";
import type { Redact } from "../../release/redact.ts";
import { registerReleaseTask } from "../../release/release-task.ts";
import type { Observation, Outcome, Step, Subject, Work } from "../../core/step.ts";
import { describeShift, primaryTaskSet, shiftError, trafficHandle, type TrafficShift } from "../../traffic/traffic.ts";
import type { environment, observed } from "./contract.ts";
import { describeGreen, stoppedTasks } from "./green-tasks.ts";
import { allowAlarm, redAlarms } from "./red-alarms.ts";

interface ObservePorts {
  readonly redact: Redact;
  readonly codeDeploy: CodeDeployClient;
  readonly ecs: ECSClient;
  readonly logs: CloudWatchLogsClient;
  readonly clock: { now(): Date };
  readonly settings: z.infer<typeof observed>;
}

interface ShiftPorts extends ObservePorts {
  readonly cloudWatch: CloudWatchClient;
  readonly settings: z.infer<typeof environment>;
}

/** So many tasks of green have to stop before it is given up: one may be bad luck. */
const crashLimit = 3;
/** The hook's function has two minutes, and is called again when it fails. */
const hookSeconds = 420;

/** Puts the new release behind the test listener, has it probed there, and moves production traffic to it. */
export function shiftTraffic(ports: ShiftPorts): Step {
  return {
    name: "Shift traffic",
    observe: observeShift(ports),
    act: (work, seen) => (seen.kind === "stuck" ? giveUp(ports, work, seen.reason) : startShift(ports, work)),
  };
}

export function observeShift(ports: ObservePorts) {
  return async ({ record }: Subject): Promise<Observation> => {
    const { shift, taskDefinition } = record;
    if (!shift || !taskDefinition) return { kind: "absent" };
    const { codeDeployDeploymentId: id, attempt, givenUp } = shift;
    const seen = await describeShift(ports.codeDeploy, ports.settings, id);
    const handle = trafficHandle(id);
    switch (seen.state) {
      case "succeeded": {
        const primary = await primaryTaskSet(ports.ecs, ports.settings);
        return primary?.taskDefinition === taskDefinition.arn ? { kind: "done" } : { kind: "absent" };
      }
      case "ended": {
        const detail = givenUp ?? (await greenEvidence(ports, record, taskDefinition.arn));
        return { kind: "failed", attempt, error: shiftError(seen.info, detail) };
      }
      case "open": {
        if (seen.shifted) return { kind: "done" };
        const reason = givenUp === undefined ? await hopeless(ports, seen, taskDefinition.arn) : undefined;
        return reason === undefined ? { kind: "running", handle } : { kind: "stuck", handle, reason };
      }
      default:
        return assertNever(seen.state);
    }
  };
}

function hookVerdict({ greenProbe }: DeploymentRecord): string | undefined {
  return greenProbe && !greenProbe.ok
    ? `The probe of the new release on the test listener failed: ${greenProbe.saw}.`
    : undefined;
}

/** What the probe saw and what the tasks said: either may be the reason, both help. */
async function greenEvidence(
  ports: ObservePorts,
  record: DeploymentRecord,
  taskDefinitionArn: string,
): Promise<string | undefined> {
  const tasks = await describeGreen(ports, await stoppedTasks(ports, taskDefinitionArn));
  return [hookVerdict(record), tasks].filter((part) => part !== undefined).join("\n") || undefined;
}

/** Why green will not come up or stay up, long before CodeDeploy gives up on it. */
async function hopeless(
  ports: ObservePorts,
  seen: TrafficShift,
  taskDefinitionArn: string,
): Promise<string | undefined> {
  const stopped = await stoppedTasks(ports, taskDefinitionArn);
  const seconds = (ports.clock.now().getTime() - seen.createdAt.getTime()) / 1000;
  const limit = ports.settings.GREEN_DEADLINE_SECONDS ?? 600;
  const isLate = seen.installing && seconds >= limit;
  // ECS itself stops a task of green only when it was still ill after the service's grace period; the next one will be too.
  const isIll = seen.installing && stopped.some(({ stopCode }) => stopCode === "ServiceSchedulerInitiated");
  // CodeDeploy alone would wait an hour for its hook.
  const isSilent = seen.probing && seconds >= limit + hookSeconds;
  if (stopped.length < crashLimit && !isLate && !isIll && !isSilent) return undefined;
  const late = isSilent
    ? `The probe of the new release on the test listener has not reported. Look at the log of function ${ports.settings.SERVICE_NAME}-probe-green.`
    : `The tasks of the new release were not healthy within ${limit} seconds.`;
  return (await describeGreen(ports, stopped)) ?? late;
}

async function giveUp({ codeDeploy }: ShiftPorts, work: Work, reason: string): Promise<Outcome> {
  const { shift } = work.record;
  if (!shift) throw new Error("There is no traffic shift to give up");
  await work.holdLock();
  await stopDeployment({ codeDeploy }, shift.codeDeployDeploymentId);
  await work.remember({ shift: { ...shift, givenUp: reason } });
  return { kind: "running", handle: trafficHandle(shift.codeDeployDeploymentId) };
}

async function startShift(ports: ShiftPorts, work: Work): Promise<Outcome> {
  const { attempt, record } = work;
  const taskDefinitionArn = await registered(ports, work);
  const description = describeDeployment(record, attempt);
  const since = new Date(Date.parse(record.steps["Shift traffic"]?.startedAt ?? record.createdAt) - 60_000);
  const create = async () => {
    await work.holdLock();
    const ignoresAlarms = record.allows?.includes(allowAlarm) ?? false;
    return createDeployment(ports, { taskDefinitionArn, description, ignoresAlarms });
  };
  const own = (await findDeployments(ports, { createTimeRange: { start: since } })).find(
    (info) => info.description === description,
  );
  const blocked = own ? undefined : await redAlarms(ports, work);
  if (blocked) return blocked;
  const created = own?.deploymentId ?? (await create());
  if (created === undefined) return makeRoom(ports, work);
  await work.remember({ shift: { codeDeployDeploymentId: created, attempt } });
  return { kind: "running", handle: trafficHandle(created) };
}

async function registered({ ecs, settings }: ShiftPorts, work: Work): Promise<string> {
  const { attempt, record } = work;
  if (record.taskDefinition?.attempt === attempt) return record.taskDefinition.arn;
  const arn = await registerReleaseTask(ecs, settings, { family: settings.SERVICE_NAME, record });
  await work.remember({ taskDefinition: { arn, attempt }, greenProbe: undefined });
  return arn;
}

/** An older deployment that only keeps its blue alive is told to end that; any other is waited for. */
async function makeRoom(ports: ShiftPorts, work: Work): Promise<Outcome> {
  const older = (await openDeployment(ports))?.deploymentId;
  if (!older) return { kind: "later", reason: "The deployment group was busy a moment ago" };
  const { baking } = await describeShift(ports.codeDeploy, ports.settings, older);
  if (baking) {
    await work.holdLock();
    await endBake(ports, older);
  }
  const reason = `CodeDeploy deployment ${older} has to end first${baking ? "; its wait was ended" : ""}`;
  const isOver = async () => (await describeShift(ports.codeDeploy, ports.settings, older)).state !== "open";
  return { kind: "later", reason, handle: trafficHandle(older), isOver };
}
