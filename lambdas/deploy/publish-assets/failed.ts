import type { DeploymentInfo } from "@aws-sdk/client-codedeploy";
import { AlarmRaised, AssetsFailed, type StepError } from "../../core/errors.ts";
import type { DeploymentRecord, ReleaseRecord } from "../../core/record.ts";
import { allowAssets } from "../plan/contract.ts";
import { describeEnd } from "../../traffic/traffic.ts";

export function assetsFailed(
  { commit }: DeploymentRecord,
  release: ReleaseRecord,
  { info, cause }: { readonly info: DeploymentInfo; readonly cause: string | undefined },
): StepError {
  const message = [
    `The live release (commit ${release.commit.slice(0, 8)}) could not be deployed again with the assets of commit ${commit.slice(0, 8)}. Production is unchanged.`,
    cause,
    describeEnd(info),
    `Fix: correct the cause, then run: lockstep redrive\nIf the live release can no longer start and this commit fixes it, push it with the commit trailer "Lockstep-Allow: ${allowAssets}".`,
  ]
    .filter((text) => text !== undefined)
    .join("\n");
  return info.errorInformation?.code === "ALARM_ACTIVE" ? new AlarmRaised(message) : new AssetsFailed(message);
}

/** Build repeats a build for another live image, so this is only a change since then. */
export function liveChanged({ commit }: DeploymentRecord): AssetsFailed {
  return new AssetsFailed(
    `Another release became live while commit ${commit.slice(0, 8)} was deployed. Production is unchanged.\nRun: lockstep redrive`,
  );
}
