import type { CodeDeployClient, DeploymentInfo } from "@aws-sdk/client-codedeploy";
import type { Subject } from "../core/step.ts";
import { describeRedeployment, findByDescription, stopDeployment } from "../traffic/blue-green.ts";
import { describeShift, type TrafficSettings } from "../traffic/traffic.ts";
import type { RollbackRecord } from "./record.ts";

interface FindDeps {
  readonly codeDeploy: CodeDeployClient;
  readonly settings: TrafficSettings;
}

/** The redeployment of this attempt, recognized by its description. */
export async function findRedeployment(
  deps: FindDeps,
  { record, attempt }: Pick<Subject<RollbackRecord>, "record" | "attempt">,
): Promise<DeploymentInfo | undefined> {
  const { to, rollback, startedAt } = record;
  if (!to) return undefined;
  const description = describeRedeployment(to, { rollback, attempt });
  return findByDescription(deps, description, startedAt);
}

/** Stops the redeployment of an aborted rollback, unless it has shifted traffic: traffic stays where it is. */
export async function stopRedeployment(deps: FindDeps, record: RollbackRecord): Promise<void> {
  const id = (await findRedeployment(deps, { record, attempt: record.attempt }))?.deploymentId;
  if (!id) return;
  const { state, shifted } = await describeShift(deps.codeDeploy, deps.settings, id);
  if (state === "open" && !shifted) await stopDeployment(deps, id);
}
