import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import type { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import type { ECSClient } from "@aws-sdk/client-ecs";
import type { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import type * as z from "zod/mini";
import { assertNever } from "../../core/errors.ts";
import type { Observation, Outcome, Step, Subject, Work } from "../../core/step.ts";
import type { Redact } from "../../release/redact.ts";
import { registerReleaseTask } from "../../release/release-task.ts";
import { createDeployment, describeDeployment, findByDescription, stopDeployment } from "../../traffic/blue-green.ts";
import { allowAlarm, blockingAlarms } from "../../traffic/blocking-alarms.ts";
import { describeGreen, type Green, whyGreenFails } from "../../traffic/green.ts";
import { endPreviousBake } from "../../traffic/previous-bake.ts";
import { type AlarmDeps, explainStop } from "../../traffic/raised-alarms.ts";
import { describeShift, primaryTaskSet, shiftError, trafficWaitKey } from "../../traffic/traffic.ts";
import type { environment, observed } from "./contract.ts";

interface ObserveDeps extends AlarmDeps {
  readonly redact: Redact;
  readonly codeDeploy: CodeDeployClient;
  readonly ecs: ECSClient;
  readonly logs: CloudWatchLogsClient;
  readonly clock: { now(): Date };
  readonly settings: z.infer<typeof observed>;
}

interface ShiftDeps extends ObserveDeps {
  readonly loadBalancing: ElasticLoadBalancingV2Client;
  readonly settings: z.infer<typeof environment>;
}

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
    const green: Green = {
      name: "the new release",
      taskDefinitionArn: taskDefinition.arn,
      shift: current,
      record,
    };
    const waitKey = trafficWaitKey(id);
    switch (current.state) {
      case "succeeded": {
        const primary = await primaryTaskSet(deps.ecs, deps.settings);
        return primary?.taskDefinition === taskDefinition.arn ? { kind: "done" } : { kind: "absent" };
      }
      case "ended": {
        const detail = abortReason ?? (await explainStop(deps, current.info)) ?? (await describeGreen(deps, green));
        return { kind: "failed", attempt, error: shiftError(current.info, detail) };
      }
      case "open": {
        if (current.shifted) return { kind: "done" };
        const reason = abortReason === undefined ? await whyGreenFails(deps, green) : undefined;
        return reason === undefined ? { kind: "running", waitKey } : { kind: "stuck", waitKey, reason };
      }
      default:
        return assertNever(current.state);
    }
  };
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
  const create = async () => {
    await work.holdLock();
    const ignoresAlarms = record.allows?.includes(allowAlarm) ?? false;
    return createDeployment(deps, { taskDefinitionArn, description, ignoresAlarms });
  };
  const startedAt = record.steps["Shift traffic"]?.startedAt ?? record.createdAt;
  const own = await findByDescription(deps, description, startedAt);
  const blocked = own ? undefined : await blockingAlarms(deps, "Shift traffic", work);
  if (blocked) return blocked;
  const created = own?.deploymentId ?? (await create());
  if (created === undefined) return endPreviousBake(deps, "Shift traffic", work);
  await work.remember({ shift: { codeDeployDeploymentId: created, attempt } });
  return { kind: "running", waitKey: trafficWaitKey(created) };
}

async function registerOnce({ ecs, settings }: ShiftDeps, work: Work): Promise<string> {
  const { attempt, record } = work;
  if (record.taskDefinition?.attempt === attempt) return record.taskDefinition.arn;
  const arn = await registerReleaseTask(ecs, settings, { family: settings.SERVICE_NAME, record, logs: "release" });
  await work.remember({ taskDefinition: { arn, attempt }, greenProbe: undefined, greenAnswer: undefined });
  return arn;
}
