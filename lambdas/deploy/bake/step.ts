import type { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import type { ECSClient } from "@aws-sdk/client-ecs";
import { LockNotHeld, ShiftFailed } from "../../core/errors.ts";
import type { Observation, Step, Subject, Work } from "../../core/step.ts";
import {
  describeShift,
  primaryTaskSet,
  shiftError,
  trafficHandle,
  type TrafficSettings,
} from "../../traffic/traffic.ts";

interface BakePorts {
  readonly codeDeploy: CodeDeployClient;
  readonly ecs: ECSClient;
  readonly settings: TrafficSettings;
}

/** Waits while the old release is kept alive and the alarms are watched; ends when CodeDeploy has let it go. */
export function bake(ports: BakePorts): Step {
  return { name: "Bake", observe: observeBake(ports), act: startOver };
}

export function observeBake({ codeDeploy, ecs, settings }: BakePorts) {
  return async ({ record }: Subject): Promise<Observation> => {
    const { shift, taskDefinition } = record;
    if (!shift || !taskDefinition) return { kind: "absent" };
    const { codeDeployDeploymentId: id, attempt } = shift;
    const seen = await describeShift(codeDeploy, settings, id);
    if (seen.state === "open") return { kind: "running", handle: trafficHandle(id) };
    if (seen.state === "ended") return { kind: "failed", attempt, error: shiftError(seen.info) };
    // A status word is not the fact: deployments that rolled back have been seen as Succeeded.
    const primary = await primaryTaskSet(ecs, settings);
    if (primary?.taskDefinition === taskDefinition.arn) return { kind: "done" };
    const error = new ShiftFailed(
      `CodeDeploy deployment ${id} succeeded, but the service runs ${primary?.taskDefinition ?? "nothing"} and not ${taskDefinition.arn}: traffic went back or another deployment came in between.`,
    );
    return { kind: "failed", attempt, error };
  };
}

/** There is nothing to bake any more, so traffic has to be shifted again: from the start, adopting what still stands. */
async function startOver({ record }: Work): Promise<never> {
  const id = record.shift?.codeDeployDeploymentId ?? "(none)";
  throw new LockNotHeld(
    `CodeDeploy deployment ${id} of an earlier attempt has ended without success, so there is no release to bake. The steps walk forward again from Acquire lock.`,
  );
}
