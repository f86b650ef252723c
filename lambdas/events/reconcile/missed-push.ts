import { startExecution } from "../../core/machine.ts";
import { isOlder } from "../../core/push-order.ts";
import type { DeploymentRecord, Push } from "../../core/record.ts";
import { type FollowDeps, followBranch, loadHead, reconsiderSkipped, saveSkipped } from "../follow-branch.ts";
import { whySkipped } from "../skip.ts";

const unannouncedKey = { pk: "push", sk: "unannounced" };

export interface MissedPushDeps extends FollowDeps {
  readonly settings: FollowDeps["settings"] & { readonly GITHUB_TOKEN_ARN?: string | undefined };
}

/** How long the event of a push may be delayed. */
const graceMilliseconds = 30_000;

/** Deploys the newest commit of the branch if it has been there for a while and no event announced it. */
export async function startMissedPush(deps: MissedPushDeps, records: readonly DeploymentRecord[]): Promise<void> {
  const { table, clock, log, settings, repository } = deps;
  const commit = await repository.head(settings.BRANCH);
  if (commit === undefined || (await isHandled(deps, records, commit))) {
    await table.remove(unannouncedKey);
    return reconsiderSkipped(deps, commit);
  }
  const previous = await table.get(unannouncedKey);
  if (previous?.commit !== commit) {
    await table.put({ ...unannouncedKey, commit, since: clock.now().toISOString() });
    return;
  }
  if (clock.now().getTime() - Date.parse(String(previous.since)) < graceMilliseconds) return;
  log.info("Deploying a push without an event", { commit });
  if (settings.GITHUB_TOKEN_ARN !== undefined) await followBranch(deps, { isConfirmed: true });
  else await startUnannounced(deps, commit, newestPush(records));
}

async function isHandled(deps: MissedPushDeps, records: readonly DeploymentRecord[], commit: string): Promise<boolean> {
  const head = await loadHead(deps);
  if (head?.push.commit === commit && (head.skipped !== undefined || head.started)) return true;
  return deps.settings.GITHUB_TOKEN_ARN === undefined && newestPush(records)?.commit === commit;
}

async function startUnannounced(deps: MissedPushDeps, commit: string, newest: Push | undefined): Promise<void> {
  const { table, clock, settings, repository } = deps;
  const name = `${commit.slice(0, 8)}-unannounced-${newest?.commit.slice(0, 8) ?? "first"}`;
  const push: Push = {
    deployment: name,
    repository: repository.name,
    branch: settings.BRANCH,
    commit,
    pushedAt: clock.now().toISOString(),
  };
  const skipped = await whySkipped(deps, commit);
  if (skipped !== undefined) return saveSkipped(table, push, skipped);
  await startExecution(deps.sfn, { stateMachineArn: settings.DEPLOY_MACHINE_ARN, name, input: push });
}

/** Deployments requested by a person do not count: they say nothing about the branch. */
export function newestPush(records: readonly DeploymentRecord[]): Push | undefined {
  const pushes = records.filter(({ requestedBy }) => requestedBy === undefined);
  return pushes.reduce<Push | undefined>((newest, one) => (newest && isOlder(one, newest) ? newest : one), undefined);
}
