import { ShiftFailed } from "../core/errors.ts";
import { minutesIn, type StepName } from "../core/record.ts";
import type { Outcome, Work } from "../core/step.ts";
import { type BlueGreenDeps, endBake, openDeployment } from "./blue-green.ts";
import { describeShift, trafficWaitKey } from "./traffic.ts";

interface PreviousBakeDeps extends BlueGreenDeps {
  readonly clock: { now(): Date };
}

/** How long a step waits, and holds the lock, for a CodeDeploy deployment that it did not create. */
const busyPatienceMinutes = 60;

const groupBusy = (older: string) =>
  new ShiftFailed(
    `CodeDeploy deployment ${older} has not ended within ${busyPatienceMinutes} minutes, so no traffic was shifted. Production is unchanged.\nFix: wait for its end or stop it (aws deploy stop-deployment --deployment-id ${older}). Then run: lockstep redrive`,
  );

/** Ends the bake of an older deployment; waits for the end of one that has not reached its bake. */
export async function endPreviousBake(deps: PreviousBakeDeps, step: StepName, work: Work): Promise<Outcome> {
  const older = (await openDeployment(deps))?.deploymentId;
  if (!older) return { kind: "later", reason: "The CodeDeploy deployment group was busy" };
  const { baking } = await describeShift(deps.codeDeploy, deps.settings, older);
  if (baking) {
    await work.holdLock();
    await endBake(deps, older);
  }
  if (minutesIn(step, work.record, deps.clock) >= busyPatienceMinutes) throw groupBusy(older);
  const reason = `CodeDeploy deployment ${older} has to end first${baking ? "; its bake was ended" : ""}`;
  const until = async () => (await describeShift(deps.codeDeploy, deps.settings, older)).state !== "open";
  return { kind: "blocked", reason, waitKey: trafficWaitKey(older), until };
}
