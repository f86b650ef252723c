import { GetBranchCommand } from "@aws-sdk/client-codecommit";
import { hasName } from "../../core/errors.ts";
import { startExecution } from "../../core/machine.ts";
import { isOlder } from "../../core/push-order.ts";
import type { DeploymentRecord, Push } from "../../core/record.ts";
import type { ReconcileDeps } from "./contract.ts";

const unannouncedKey = { pk: "push", sk: "unannounced" };

/** How long the event of a push may be delayed. */
const graceMilliseconds = 30_000;

/** Deploys the newest commit of the branch if it has been there for a while and no event announced it. */
export async function startMissedPush(deps: ReconcileDeps, records: readonly DeploymentRecord[]): Promise<void> {
  const { table, clock, log, settings } = deps;
  const commit = await headOf(deps);
  if (commit === undefined || commit === newestPush(records)?.commit) {
    await table.remove(unannouncedKey);
    return;
  }
  const previous = await table.get(unannouncedKey);
  if (previous?.commit !== commit) {
    await table.put({ ...unannouncedKey, commit, since: clock.now().toISOString() });
    return;
  }
  if (clock.now().getTime() - Date.parse(String(previous.since)) < graceMilliseconds) return;
  log.info("Deploying a push without an event", { commit });
  const name = `${commit.slice(0, 8)}-unannounced-${newestPush(records)?.commit.slice(0, 8) ?? "first"}`;
  const push: Push = {
    deployment: name,
    repository: settings.REPOSITORY_NAME,
    branch: settings.BRANCH,
    commit,
    pushedAt: clock.now().toISOString(),
  };
  await startExecution(deps.sfn, { stateMachineArn: settings.DEPLOY_MACHINE_ARN, name, input: push });
}

/** Deployments requested by a person do not count: they say nothing about the branch. */
export function newestPush(records: readonly DeploymentRecord[]): Push | undefined {
  const pushes = records.filter(({ requestedBy }) => requestedBy === undefined);
  return pushes.reduce<Push | undefined>((newest, one) => (newest && isOlder(one, newest) ? newest : one), undefined);
}

async function headOf({ codeCommit, settings }: ReconcileDeps): Promise<string | undefined> {
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
