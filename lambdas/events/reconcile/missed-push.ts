import { GetBranchCommand } from "@aws-sdk/client-codecommit";
import { hasName } from "../../core/errors.ts";
import { isOlder } from "../../core/push-order.ts";
import type { DeploymentRecord, Push } from "../../core/record.ts";
import { startDeployment } from "../../core/start-deployment.ts";
import type { ReconcilePorts } from "./step.ts";

const seenKey = { pk: "push", sk: "unannounced" };

/** So long the event of a push may be on its way. */
const graceMilliseconds = 30_000;

/** Starts the newest commit of the branch when it has stood there for a while and no push event came for it. */
export async function catchUp(ports: ReconcilePorts, records: readonly DeploymentRecord[]): Promise<void> {
  const { table, clock, log, settings } = ports;
  const commit = await headOf(ports);
  if (commit === undefined || commit === newestPush(records)?.commit) {
    await table.remove(seenKey);
    return;
  }
  const seen = await table.get(seenKey);
  if (seen?.commit !== commit) {
    await table.put({ ...seenKey, commit, seenAt: clock.now().toISOString() });
    return;
  }
  if (clock.now().getTime() - Date.parse(String(seen.seenAt)) < graceMilliseconds) return;
  log.info("No event announced the newest commit of the branch", { commit });
  await startDeployment(ports.sfn, settings.DEPLOY_MACHINE_ARN, {
    deployment: `${commit.slice(0, 8)}-unannounced-${newestPush(records)?.commit.slice(0, 8) ?? "first"}`,
    repository: settings.REPOSITORY_NAME,
    branch: settings.BRANCH,
    commit,
    pushedAt: clock.now().toISOString(),
  });
}

/** What a person had deployed says nothing about where the branch stands. */
export function newestPush(records: readonly DeploymentRecord[]): Push | undefined {
  const pushes = records.filter(({ requestedBy }) => requestedBy === undefined);
  return pushes.reduce<Push | undefined>((newest, one) => (newest && isOlder(one, newest) ? newest : one), undefined);
}

async function headOf({ codeCommit, settings }: ReconcilePorts): Promise<string | undefined> {
  try {
    const { branch } = await codeCommit.send(
      new GetBranchCommand({ repositoryName: settings.REPOSITORY_NAME, branchName: settings.BRANCH }),
    );
    return branch?.commitId;
  } catch (error) {
    if (hasName(error, "BranchDoesNotExistException")) return undefined;
    throw error;
  }
}
