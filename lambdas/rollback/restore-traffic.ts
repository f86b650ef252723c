import { StopBuildCommand } from "@aws-sdk/client-codebuild";
import type * as z from "zod/mini";
import { RollbackFailed } from "../core/errors.ts";
import type { Deps } from "../core/journal.ts";
import type { Step, Work } from "../core/step.ts";
import {
  type blueGreenSettings,
  createDeployment,
  describeRedeployment,
  endBake,
  findDeployments,
  openDeployment,
  stopDeployment,
} from "../traffic/blue-green.ts";
import { describeShift, shiftError } from "../traffic/traffic.ts";
import type { RestoreTrafficOutput } from "./contract.ts";
import { type Action, decideActions } from "./decide-actions.ts";
import type { RollbackRecord } from "./record.ts";
import { readStage, type StageDeps, type StageSettings } from "./stage-state.ts";

interface RestoreDeps extends Deps, Omit<StageDeps, "settings"> {
  readonly settings: StageSettings & z.infer<typeof blueGreenSettings>;
}
type RollbackWork = Work<RollbackRecord>;

/** Takes the actions that are left, decided again from the current state each time, until none is left. */
export function restoreTraffic(deps: RestoreDeps): Step<RollbackRecord> {
  return {
    name: "Restore traffic",
    async act(work) {
      const actions = decideActions(await readStage(deps, work.record));
      for (const action of actions) await carryOut(deps, work, action);
      deps.log.info("Rollback actions", { actions });
      const output: RestoreTrafficOutput = { restored: actions.length === 0 };
      if (output.restored) return { kind: "done", output };
      return { kind: "later", reason: actions.map(({ kind }) => kind).join(", "), output };
    },
  };
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
  const description = describeRedeployment(record.to, { rollback: record.rollback, attempt });
  const since = new Date(Date.parse(record.startedAt) - 60_000);
  const own = (await findDeployments(deps, { createTimeRange: { start: since } })).find(
    (info) => info.description === description,
  );
  if (own?.deploymentId) return requireOpen(deps, own.deploymentId);
  await work.holdLock();
  const created = await createDeployment(deps, {
    taskDefinitionArn,
    description,
    allAtOnce: true,
    ignoresAlarms: true,
  });
  if (created) await work.remember({ redeployment: { codeDeployDeploymentId: created, attempt } });
}

/** The deployment group is free but traffic is not restored, so the redeployment of this attempt has failed. */
async function requireOpen({ codeDeploy, settings }: RestoreDeps, deploymentId: string): Promise<void> {
  const { state, info } = await describeShift(codeDeploy, settings, deploymentId);
  if (state === "open") return;
  throw new RollbackFailed(
    `The earlier release could not be redeployed. ${shiftError(info).message}\nAfter fixing the cause, run: lockstep redrive`,
  );
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
