import { StopBuildCommand } from "@aws-sdk/client-codebuild";
import type * as z from "zod/mini";
import { assertNever, RollbackFailed } from "../core/errors.ts";
import { type Observation, observe, type Outcome, type Step, type Subject, type Work } from "../core/step.ts";
import { buildWaitKey, taskWaitKey } from "../core/waiting.ts";
import {
  type blueGreenSettings,
  createDeployment,
  describeRedeployment,
  endBake,
  openDeployment,
  stopDeployment,
} from "../traffic/blue-green.ts";
import { describeShift, trafficWaitKey } from "../traffic/traffic.ts";
import { type Action, decideActions, describeAction } from "./decide-actions.ts";
import { findRedeployment } from "./find-redeployment.ts";
import type { RollbackRecord } from "./record.ts";
import { observeRedeployment, type RedeploymentDeps } from "./redeployment.ts";
import { readStage, type StageDeps, type StageSettings } from "./stage-state.ts";

interface RestoreDeps extends RedeploymentDeps, Omit<StageDeps, "settings"> {
  readonly clock: { now(): Date; sleep(milliseconds: number): Promise<void> };
  readonly settings: RedeploymentDeps["settings"] & StageSettings & z.infer<typeof blueGreenSettings>;
}
type RollbackWork = Work<RollbackRecord>;

/** After an action the step itself observes its effect for a while: no event reports that CodeDeploy has returned traffic. */
const pausesSeconds = [0.2, 0.5, 1, 2, 4, 8];

/** Takes the actions that are left, decided again from the current state each time, until none is left. */
export function restoreTraffic(deps: RestoreDeps): Step<RollbackRecord> {
  return {
    name: "Restore traffic",
    observe: observeStage(deps),
    act: (work, observed) => restore(deps, work, observed),
  };
}

function observeStage(deps: RestoreDeps) {
  return async (subject: Subject<RollbackRecord>): Promise<Observation<RollbackRecord>> => {
    const state = await readStage(deps, subject.record);
    const actions = decideActions(state);
    if (actions.length === 0) return { kind: "done" };
    const redeployment = await findRedeployment(deps, subject);
    if (!redeployment?.deploymentId) return { kind: "absent" };
    const observed = await observeRedeployment(deps, subject, {
      id: redeployment.deploymentId,
      traffic: state.traffic,
    });
    // Traffic may have reached the release after it was read.
    const isOver = observed.kind === "failed" && decideActions(await readStage(deps, subject.record)).length === 0;
    return isOver ? { kind: "done" } : observed;
  };
}

async function restore(
  deps: RestoreDeps,
  work: RollbackWork,
  first: Observation<RollbackRecord>,
): Promise<Outcome<RollbackRecord>> {
  let observed = first;
  let waiting: Outcome<RollbackRecord> = { kind: "later", reason: "observing the stage" };
  for (const seconds of pausesSeconds) {
    // An aborted execution does not stop its function.
    if (work.token !== undefined && !(await deps.machine.isWaiting(work.token))) return waiting;
    if (observed.kind === "stuck") await abortRedeployment(deps, work, observed.reason);
    if (observed.kind === "absent") waiting = await takeActions(deps, work);
    await deps.clock.sleep(seconds * 1000);
    observed = await observe(observeStage(deps), work);
    if (observed.kind === "done" || observed.kind === "failed") return observed;
    const waitsFor = observed.kind === "running" ? observed.reason : undefined;
    if (waitsFor !== undefined && waitsFor !== work.record.waitsFor) await work.remember({ waitsFor });
  }
  return observed.kind === "running" ? observed : waiting;
}

/** Takes all actions that are possible now. Returns what has to be waited for then. */
async function takeActions(deps: RestoreDeps, work: RollbackWork): Promise<Outcome<RollbackRecord>> {
  const actions = decideActions(await readStage(deps, work.record));
  for (const action of actions) await carryOut(deps, work, action);
  const reason = actions.map(describeAction).join("; ");
  deps.log.info("Rollback actions", { actions });
  const waitKey = actions.map(waitKeyOf).findLast((key) => key !== undefined);
  return waitKey === undefined ? { kind: "later", reason } : { kind: "running", waitKey, reason };
}

/** An event about it wakes the step. A redeployment has a key as soon as it is observed. */
function waitKeyOf(action: Action): string | undefined {
  switch (action.kind) {
    case "stop build":
      return buildWaitKey(action.id);
    case "await migration":
      return taskWaitKey(action.task);
    case "stop shift":
    case "await deployment":
      return trafficWaitKey(action.id);
    case "redeploy":
    case "fail":
      return undefined;
    default:
      return assertNever(action);
  }
}

async function carryOut(deps: RestoreDeps, work: RollbackWork, action: Action): Promise<void> {
  switch (action.kind) {
    case "stop build":
      await work.holdLock();
      await deps.codeBuild.send(new StopBuildCommand({ id: action.id }));
      return;
    case "stop shift":
      await work.holdLock();
      await stopDeployment(deps, action.id);
      return;
    case "redeploy":
      return redeploy(deps, work, action.taskDefinition);
    case "fail":
      throw new RollbackFailed(action.reason);
    case "await deployment":
      return endPreviousBake(deps, work, action.id);
    case "await migration":
      return;
  }
}

async function redeploy(deps: RestoreDeps, work: RollbackWork, taskDefinitionArn: string): Promise<void> {
  const { record, attempt } = work;
  if (!record.to) throw new Error(`Rollback ${record.rollback} has no release to redeploy`);
  // The response to its creation may have been lost.
  if (await findRedeployment(deps, work)) return;
  await work.holdLock();
  const created = await createDeployment(deps, {
    taskDefinitionArn,
    description: describeRedeployment(record.to, { rollback: record.rollback, attempt }),
    allAtOnce: true,
    ignoresAlarms: true,
  });
  if (created) await work.remember({ redeployment: { codeDeployDeploymentId: created, attempt } });
}

/** CodeDeploy terminates green; traffic stays on blue, where it is. */
async function abortRedeployment(deps: RestoreDeps, work: RollbackWork, abortReason: string): Promise<void> {
  const id = (await findRedeployment(deps, work))?.deploymentId;
  if (!id) throw new Error("No redeployment to abort");
  await work.holdLock();
  await stopDeployment(deps, id);
  await work.remember({ redeployment: { codeDeployDeploymentId: id, attempt: work.attempt, abortReason } });
}

/** Ends the bake of an older deployment, so that the deployment group is free. */
async function endPreviousBake(deps: RestoreDeps, work: RollbackWork, id: string): Promise<void> {
  const open = await openDeployment(deps);
  if (open?.deploymentId !== id || open.creator === "codeDeployRollback") return;
  const { baking } = await describeShift(deps.codeDeploy, deps.settings, id);
  if (!baking) return;
  await work.holdLock();
  await endBake(deps, id);
}
