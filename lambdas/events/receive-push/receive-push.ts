import * as z from "zod/mini";
import { startExecution } from "../../core/machine.ts";
import type { IgnoredPush, Push } from "../../core/record.ts";
import { endDelivery, loadDelivery } from "../deliveries.ts";
import { type FollowDeps, followBranch, type PushOutcome, saveSkipped } from "../follow-branch.ts";
import { whySkipped } from "../skip.ts";
import { deliveryEvent, type environment, type PushEvent, pushEvent } from "./contract.ts";

interface ReceivePushDeps extends FollowDeps {
  readonly settings: z.infer<typeof environment>;
}

/** Starts a deployment for a push to the stage's branch, and records why any other push starts none. */
export function receivePush(deps: ReceivePushDeps) {
  return async (event: unknown): Promise<PushOutcome> => {
    const delivered = z.safeParse(deliveryEvent, event);
    const outcome = delivered.success
      ? await receiveDelivery(deps, delivered.data.detail.delivery)
      : await receiveEvent(deps, z.parse(pushEvent, event));
    if (!outcome.started) deps.log.info("Push ignored", { reason: outcome.reason });
    return outcome;
  };
}

/** From GitHub: whatever the delivery says, the head of the branch is deployed. */
async function receiveDelivery(deps: ReceivePushDeps, id: string): Promise<PushOutcome> {
  const delivery = await loadDelivery(deps.table, id);
  const isConfirmed = delivery?.isForced ?? false;
  const outcome = await followBranch(deps, { isConfirmed });
  const { started } = outcome;
  await endDelivery(deps.table, id, started ? { deployment: outcome.deployment } : { reason: outcome.reason });
  return outcome;
}

/** From CodeCommit, whose events name the commit and the time of the push. */
async function receiveEvent(deps: ReceivePushDeps, event: PushEvent): Promise<PushOutcome> {
  const { sfn, table, log, settings } = deps;
  const decided = decidePush(event, settings);
  if ("ignored" in decided) return ignore(deps, event, decided.ignored);
  const { push } = decided;
  const skipped = await whySkipped(deps, push.commit);
  if (skipped !== undefined) {
    const { repository, branch, commit, pushedAt } = push;
    await saveSkipped(table, push, skipped);
    const place = { repository, reference: `branch ${branch}`, commit, pushedAt };
    return ignore(deps, event, { status: "ignored", reason: skipped, ...place });
  }
  const { deployment } = push;
  log.appendKeys({ deployment });
  await startExecution(sfn, { stateMachineArn: settings.DEPLOY_MACHINE_ARN, name: deployment, input: push });
  return { started: true, deployment };
}

async function ignore({ table }: ReceivePushDeps, { time, id }: PushEvent, ignored: IgnoredPush) {
  await table.put({ pk: "push", sk: `${time}#${id}`, ...ignored });
  return { started: false, reason: ignored.reason } as const;
}

export function decidePush(
  { id, time, detail }: PushEvent,
  { REPOSITORY_NAME, BRANCH }: Pick<ReceivePushDeps["settings"], "REPOSITORY_NAME" | "BRANCH">,
): { push: Push } | { ignored: IgnoredPush } {
  const ignored = (reason: string, reference: string) => ({
    ignored: {
      status: "ignored" as const,
      reason,
      repository: detail.repositoryName,
      reference,
      ...("commitId" in detail && { commit: detail.commitId }),
      pushedAt: time,
    },
  });
  if (detail.event === "unreferencedMergeCommitCreated") return ignored("No branch points to the commit.", "(none)");
  const { referenceName, repositoryName } = detail;
  const reference = `${detail.referenceType} ${referenceName}`;
  if (repositoryName !== REPOSITORY_NAME)
    return ignored(`This stage deploys repository ${REPOSITORY_NAME}.`, reference);
  if (detail.referenceType === "tag") return ignored("Tags are not deployed.", reference);
  if (referenceName !== BRANCH) return ignored(`This stage deploys branch ${BRANCH}.`, reference);
  if (detail.event === "referenceDeleted") return ignored("The branch was deleted.", reference);
  const { commitId: commit } = detail;
  return {
    push: {
      deployment: `${commit.slice(0, 8)}-${id}`,
      repository: repositoryName,
      branch: referenceName,
      commit,
      ...("oldCommitId" in detail && { previousCommit: detail.oldCommitId }),
      pushedAt: time,
    },
  };
}
