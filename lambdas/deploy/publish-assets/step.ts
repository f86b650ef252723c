import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import type { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import type { ECSClient } from "@aws-sdk/client-ecs";
import type { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import type * as z from "zod/mini";
import { assertNever } from "../../core/errors.ts";
import { changeImage, loadRecord, loadRelease, type ReleaseRecord } from "../../core/record.ts";
import type { Outcome, Step, Work } from "../../core/step.ts";
import type { Table } from "../../core/table.ts";
import type { Redact } from "../../release/redact.ts";
import { registerWithImage } from "../../release/release-task.ts";
import {
  createDeployment,
  describeAssets,
  endBake,
  findByDescription,
  stopDeployment,
} from "../../traffic/blue-green.ts";
import { allowAlarm, blockingAlarms } from "../../traffic/blocking-alarms.ts";
import { describeGreen, describeProgress, type Green, whyGreenFails } from "../../traffic/green.ts";
import { endPreviousBake } from "../../traffic/previous-bake.ts";
import { type AlarmDeps, explainStop } from "../../traffic/raised-alarms.ts";
import { describeShift, primaryTaskSet, type TrafficShift, trafficWaitKey } from "../../traffic/traffic.ts";
import type { environment } from "./contract.ts";
import { assetsFailed, liveChanged } from "./failed.ts";

interface AssetsDeps extends AlarmDeps {
  readonly codeDeploy: CodeDeployClient;
  readonly ecs: ECSClient;
  readonly loadBalancing: ElasticLoadBalancingV2Client;
  readonly logs: CloudWatchLogsClient;
  readonly table: Table;
  readonly redact: Redact;
  readonly clock: { now(): Date; sleep(milliseconds: number): Promise<void> };
  readonly settings: z.infer<typeof environment>;
}

/** The CodeDeploy deployment of the live release with the new assets. */
interface Deployed {
  readonly release: ReleaseRecord;
  readonly id: string;
  readonly taskDefinitionArn: string;
}

/** No event reports that CodeDeploy has begun to keep blue after the shift. */
const pausesSeconds = [0.2, 0.5, 1, 2, 4];

/**
 * Deploys the live release again, all at once, with an image that also has the hashed assets of the new release: while traffic shifts, and
 * after a rollback, it serves them to pages of the new one.
 */
export function publishAssets(deps: AssetsDeps): Step {
  return { name: "Publish assets", act: (work) => publish(deps, work) };
}

async function publish(deps: AssetsDeps, work: Work): Promise<Outcome> {
  const { record } = work;
  const release = await loadRelease(deps.table);
  const assets = record.image?.assets;
  if (!release || !assets) throw new Error(`Deployment ${record.deployment} has no assets to add to a live release`);
  if (release.imageDigest === assets.digest) return { kind: "done" };
  if (release.imageDigest !== assets.liveImage) throw liveChanged(record);
  const own = await findOwn(deps, work, release);
  return own ? follow(deps, work, own) : start(deps, work, release);
}

/** By its description if it is not recorded: the response to its creation may have been lost. A redrive repeats one that failed. */
async function findOwn(deps: AssetsDeps, work: Work, release: ReleaseRecord): Promise<Deployed | undefined> {
  const { record, attempt } = work;
  const { assets } = record;
  if (!assets) return undefined;
  const id =
    assets.codeDeployDeploymentId ??
    (await findByDescription(deps, descriptionOf(work, release), record.createdAt))?.deploymentId;
  if (id === undefined) return undefined;
  const isOver = assets.attempt < attempt && (await describeShift(deps.codeDeploy, deps.settings, id)).state !== "open";
  return isOver ? undefined : { release, id, taskDefinitionArn: assets.taskDefinitionArn };
}

function descriptionOf({ record, attempt }: Work, release: ReleaseRecord): string {
  return describeAssets(release, { assetsOf: record.deployment, attempt });
}

async function start(deps: AssetsDeps, work: Work, release: ReleaseRecord): Promise<Outcome> {
  const blocked = await blockingAlarms(deps, "Publish assets", work);
  if (blocked) return blocked;
  const taskDefinitionArn = await registerOnce(deps, work, release);
  await work.holdLock();
  const id = await createDeployment(deps, {
    taskDefinitionArn,
    description: descriptionOf(work, release),
    allAtOnce: true,
    ignoresAlarms: work.record.allows?.includes(allowAlarm) ?? false,
  });
  if (id === undefined) return endPreviousBake(deps, "Publish assets", work);
  await work.remember({ assets: { taskDefinitionArn, codeDeployDeploymentId: id, attempt: work.attempt } });
  return blockedBy(deps, { id, shifted: false }, `CodeDeploy deployment ${id} has started`);
}

async function registerOnce({ ecs, settings }: AssetsDeps, work: Work, release: ReleaseRecord): Promise<string> {
  const { record, attempt } = work;
  if (record.assets?.attempt === attempt) return record.assets.taskDefinitionArn;
  const image = `${settings.REPOSITORY_URI}@${record.image?.assets?.digest}`;
  const taskDefinitionArn = await registerWithImage(ecs, settings, { ...release, image });
  await work.remember({ assets: { taskDefinitionArn, attempt } });
  return taskDefinitionArn;
}

async function follow(deps: AssetsDeps, work: Work, deployed: Deployed): Promise<Outcome> {
  const { id, release, taskDefinitionArn } = deployed;
  const shift = await untilBaking(deps, id);
  const live = await loadRecord(deps.table, release.deployment);
  const green: Green = { name: "the live release", taskDefinitionArn, shift, record: live };
  switch (shift.state) {
    case "succeeded":
      return adopt(deps, work, deployed);
    case "ended": {
      const { abortReason } = work.record.assets ?? {};
      const cause = abortReason ?? (await explainStop(deps, shift.info)) ?? (await describeGreen(deps, green));
      return {
        kind: "failed",
        attempt: work.attempt,
        error: assetsFailed(work.record, release, { info: shift.info, cause }),
      };
    }
    case "open":
      if (shift.shifted) return endOwnBake(deps, work, id);
      return followGreen(deps, work, green);
    default:
      return assertNever(shift.state);
  }
}

/** The deployment group has to be free for the shift. Until then CodeDeploy can still return traffic. */
async function endOwnBake(deps: AssetsDeps, work: Work, id: string): Promise<Outcome> {
  await work.holdLock();
  await endBake(deps, id);
  return blockedBy(
    deps,
    { id, shifted: true },
    `CodeDeploy deployment ${id} terminates the tasks without the new assets`,
  );
}

async function followGreen(deps: AssetsDeps, work: Work, green: Green): Promise<Outcome> {
  const { assets } = work.record;
  const { deploymentId: id = "" } = green.shift.info;
  const open = { id, shifted: false };
  const abortReason = assets?.abortReason ?? (await whyGreenFails(deps, green));
  if (abortReason === undefined)
    return blockedBy(deps, open, `CodeDeploy deployment ${id}: ${await describeProgress(deps, green)}`);
  if (assets && assets.abortReason === undefined) {
    await work.holdLock();
    await stopDeployment(deps, id);
    await work.remember({ assets: { ...assets, abortReason } });
  }
  return blockedBy(deps, open, `CodeDeploy deployment ${id} is being stopped`);
}

/** An event reports the end of the deployment, its hook that all traffic has shifted. */
function blockedBy(deps: AssetsDeps, { id, shifted }: { id: string; shifted: boolean }, reason: string): Outcome {
  const until = async () => {
    const shift = await describeShift(deps.codeDeploy, deps.settings, id);
    return shift.state !== "open" || shift.shifted !== shifted;
  };
  return { kind: "blocked", reason, waitKey: trafficWaitKey(id), until };
}

async function untilBaking(deps: AssetsDeps, id: string): Promise<TrafficShift> {
  let shift = await describeShift(deps.codeDeploy, deps.settings, id);
  for (const seconds of pausesSeconds) {
    if (shift.state !== "open" || !shift.shifted || shift.baking) break;
    await deps.clock.sleep(seconds * 1000);
    shift = await describeShift(deps.codeDeploy, deps.settings, id);
  }
  return shift;
}

/** Only now: a rollback before this returns to the live release as it was. */
async function adopt(deps: AssetsDeps, work: Work, { release, id, taskDefinitionArn }: Deployed): Promise<Outcome> {
  const primary = await primaryTaskSet(deps.ecs, deps.settings);
  const imageDigest = work.record.image?.assets?.digest;
  if (primary?.taskDefinition !== taskDefinitionArn || imageDigest === undefined) {
    const cause = `The service runs ${primary?.taskDefinition ?? "no task set"} instead of ${taskDefinitionArn}: traffic was rerouted.`;
    const info = { deploymentId: id, status: "Succeeded" } as const;
    return { kind: "failed", attempt: work.attempt, error: assetsFailed(work.record, release, { info, cause }) };
  }
  await work.holdLock();
  const imageUri = `${deps.settings.REPOSITORY_URI}@${imageDigest}`;
  await changeImage(deps.table, release, { imageUri, imageDigest, taskDefinitionArn });
  return { kind: "done" };
}
