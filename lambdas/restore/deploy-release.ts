import type { CodeDeployClient } from "@aws-sdk/client-codedeploy";
import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import type { ECSClient } from "@aws-sdk/client-ecs";
import type { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import type * as z from "zod/mini";
import { RestoreFailed } from "../core/errors.ts";
import { loadRecord } from "../core/record.ts";
import type { Outcome, Work } from "../core/step.ts";
import type { Table } from "../core/table.ts";
import type { Redact } from "../release/redact.ts";
import {
  type blueGreenSettings,
  createDeployment,
  describeRedeployment,
  endBake,
  findByDescription,
  openDeployment,
  stopDeployment,
} from "../traffic/blue-green.ts";
import { describeGreen, describeProgress, type Green, type greenSettings, whyGreenFails } from "../traffic/green.ts";
import { describeEnd, describeShift, trafficWaitKey } from "../traffic/traffic.ts";
import type { RestoreRecord } from "./record.ts";

export interface ReleaseDeps {
  readonly table: Table;
  readonly codeDeploy: CodeDeployClient;
  readonly ecs: ECSClient;
  readonly loadBalancing: ElasticLoadBalancingV2Client;
  readonly logs: CloudWatchLogsClient;
  readonly redact: Redact;
  readonly clock: { now(): Date };
  readonly settings: z.infer<typeof greenSettings> & z.infer<typeof blueGreenSettings>;
}
type RestoreWork = Work<RestoreRecord>;
type Release = NonNullable<RestoreRecord["to"]>;

/** Deploys the release that runs on the restored schema, all at once: the live one cannot serve any more. */
export async function deployRelease(
  deps: ReleaseDeps,
  work: RestoreWork,
  to: Release,
): Promise<Outcome<RestoreRecord>> {
  const id = await findOwn(deps, work, to);
  if (id === undefined) return start(deps, work, to);
  const shift = await describeShift(deps.codeDeploy, deps.settings, id);
  if (shift.state === "succeeded" || shift.shifted) return { kind: "done" };
  const record = await loadRecord(deps.table, to.deployment);
  const green: Green = { name: "the earlier release", taskDefinitionArn: to.taskDefinitionArn, shift, record };
  if (shift.state === "ended") return { kind: "failed", attempt: work.attempt, error: await failed(deps, green) };
  const whyStuck = await whyGreenFails(deps, green);
  if (whyStuck !== undefined) {
    await work.holdLock();
    await stopDeployment(deps, id);
  }
  const until = async () => {
    const { state, shifted } = await describeShift(deps.codeDeploy, deps.settings, id);
    return state !== "open" || shifted;
  };
  const reason =
    whyStuck === undefined ? await describeProgress(deps, green) : `CodeDeploy deployment ${id} is being stopped`;
  return { kind: "blocked", reason, waitKey: trafficWaitKey(id), until };
}

/** Terminates the release that does not run on the restored schema, without waiting for the end of the bake. */
export async function endMisfit(deps: Pick<ReleaseDeps, "codeDeploy">, { record, holdLock }: RestoreWork) {
  const id = record.redeployment?.codeDeployDeploymentId;
  if (id === undefined) return;
  await holdLock();
  await endBake(deps, id);
}

/** By its description if it is not recorded: the response to its creation may have been lost. */
async function findOwn(deps: ReleaseDeps, { record, attempt }: RestoreWork, to: Release): Promise<string | undefined> {
  if (record.redeployment?.attempt === attempt) return record.redeployment.codeDeployDeploymentId;
  const description = describeRedeployment(to, { rollback: record.restore, attempt });
  return (await findByDescription(deps, description, record.startedAt))?.deploymentId;
}

async function start(deps: ReleaseDeps, work: RestoreWork, to: Release): Promise<Outcome<RestoreRecord>> {
  const { record, attempt } = work;
  await work.holdLock();
  const id = await createDeployment(deps, {
    taskDefinitionArn: to.taskDefinitionArn,
    description: describeRedeployment(to, { rollback: record.restore, attempt }),
    allAtOnce: true,
    ignoresAlarms: true,
  });
  if (id === undefined) return endPreviousBake(deps, work);
  await work.remember({ redeployment: { codeDeployDeploymentId: id, attempt } });
  const until = async () => (await describeShift(deps.codeDeploy, deps.settings, id)).state !== "open";
  return { kind: "blocked", reason: `CodeDeploy deployment ${id} has started`, waitKey: trafficWaitKey(id), until };
}

/** Ends the bake of an older deployment, so that the deployment group is free. */
async function endPreviousBake(deps: ReleaseDeps, work: RestoreWork): Promise<Outcome<RestoreRecord>> {
  const id = (await openDeployment(deps))?.deploymentId;
  if (id === undefined) return { kind: "later", reason: "The CodeDeploy deployment group was busy" };
  const { baking } = await describeShift(deps.codeDeploy, deps.settings, id);
  if (baking) {
    await work.holdLock();
    await endBake(deps, id);
  }
  const until = async () => (await describeShift(deps.codeDeploy, deps.settings, id)).state !== "open";
  return {
    kind: "blocked",
    reason: `CodeDeploy deployment ${id} has to end first`,
    waitKey: trafficWaitKey(id),
    until,
  };
}

async function failed(deps: ReleaseDeps, green: Green): Promise<RestoreFailed> {
  return new RestoreFailed(
    [
      "The database was restored, but the earlier release that runs on its schema could not be deployed.",
      describeEnd(green.shift.info),
      await describeGreen(deps, green),
      "Fix: correct the cause, then run: lockstep redrive",
    ]
      .filter(Boolean)
      .join("\n"),
  );
}
