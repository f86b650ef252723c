import type { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import type { ECSClient } from "@aws-sdk/client-ecs";
import { ShiftFailed } from "../../core/errors.ts";
import type { Observation, Outcome, Step, Subject, Work } from "../../core/step.ts";
import { type AlarmDeps, explainStop } from "../../traffic/raised-alarms.ts";
import {
  describeShift,
  primaryTaskSet,
  shiftError,
  trafficWaitKey,
  type TrafficSettings,
} from "../../traffic/traffic.ts";

interface BakeDeps extends AlarmDeps {
  readonly codeDeploy: CodeDeployClient;
  readonly ecs: ECSClient;
  readonly settings: TrafficSettings & AlarmDeps["settings"];
}

/** Waits while CodeDeploy keeps blue running and watches the alarms, until it has terminated blue. */
export function bake(deps: BakeDeps): Step {
  return { name: "Bake", observe: observeBake(deps), act: startOver };
}

export function observeBake({ codeDeploy, ecs, ...deps }: BakeDeps) {
  return async ({ record }: Subject): Promise<Observation> => {
    const { shift, taskDefinition } = record;
    if (!shift || !taskDefinition) return { kind: "absent" };
    const { codeDeployDeploymentId: id, attempt } = shift;
    const { settings } = deps;
    const { state, info } = await describeShift(codeDeploy, settings, id);
    if (state === "open") return { kind: "running", waitKey: trafficWaitKey(id) };
    if (state === "ended")
      return { kind: "failed", attempt, error: shiftError(info, await explainStop({ ...deps }, info)) };
    // The status is not reliable: deployments that rolled back have been reported as Succeeded.
    const primary = await primaryTaskSet(ecs, settings);
    if (primary?.taskDefinition === taskDefinition.arn) return { kind: "done" };
    const error = new ShiftFailed(
      `CodeDeploy deployment ${id} succeeded, but the service runs ${primary?.taskDefinition ?? "no task set"} instead of ${taskDefinition.arn}: traffic was rerouted, or another deployment ran in between.\nFix: check the deployments of the service in CodeDeploy. Then run: lockstep redrive`,
    );
    return { kind: "failed", attempt, error };
  };
}

/** No shift is left to bake: the machine starts over and adopts what is still usable. */
async function startOver({ record }: Work): Promise<Outcome> {
  const id = record.shift?.codeDeployDeploymentId ?? "(none)";
  return {
    kind: "start over",
    reason: `CodeDeploy deployment ${id} of an earlier attempt failed, so there is no release to bake. The deployment starts over at Acquire lock.`,
  };
}
