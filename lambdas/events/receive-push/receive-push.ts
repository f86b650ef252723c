import type { SFNClient } from "@aws-sdk/client-sfn";
import * as z from "zod/mini";
import type { Log } from "../../core/journal.ts";
import { startExecution } from "../../core/machine.ts";
import type { IgnoredPush, Push } from "../../core/record.ts";
import type { Table } from "../../core/table.ts";
import { type environment, type PushEvent, type PushOutcome, pushEvent } from "./contract.ts";

type Settings = z.infer<typeof environment>;

interface ReceivePushDeps {
  readonly sfn: SFNClient;
  readonly table: Table;
  readonly log: Log;
  readonly settings: Settings;
}

/** Starts a deployment for a push to the stage's branch, and records why any other push starts none. */
export function receivePush({ sfn, table, log, settings }: ReceivePushDeps) {
  return async (event: unknown): Promise<PushOutcome> => {
    const push = z.parse(pushEvent, event);
    const decided = decidePush(push, settings);
    if ("ignored" in decided) {
      const { reason } = decided.ignored;
      log.info("Push ignored", { reason });
      await table.put({ pk: "push", sk: `${push.time}#${push.id}`, ...decided.ignored });
      return { started: false, reason };
    }
    const { deployment } = decided.push;
    log.appendKeys({ deployment });
    await startExecution(sfn, {
      stateMachineArn: settings.DEPLOY_MACHINE_ARN,
      name: deployment,
      input: decided.push,
    });
    return { started: true, deployment };
  };
}

export function decidePush(
  { id, time, detail }: PushEvent,
  { REPOSITORY_NAME, BRANCH }: Settings,
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
