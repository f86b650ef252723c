import type { CloudEvent } from "#local/cloud/index.ts";
import { changedReferences, type Change } from "#local/git/index.ts";
import type { RepositoryRecord } from "./store.ts";

/** https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html */
export function referenceEvents(
  repository: RepositoryRecord & { arn: string },
  change: Change,
  callerUserArn: string | undefined,
): CloudEvent[] {
  return changedReferences(change).map((name) => ({
    source: "aws.codecommit",
    detailType: "CodeCommit Repository State Change",
    resources: [repository.arn],
    detail: {
      ...describe(change.before[name], change.after[name]),
      repositoryName: repository.name,
      repositoryId: repository.id,
      ...reference(name),
      callerUserArn,
    },
  }));
}

function describe(oldCommitId: string | undefined, commitId: string | undefined) {
  if (oldCommitId === undefined) return { event: "referenceCreated", commitId };
  if (commitId === undefined) return { event: "referenceDeleted", oldCommitId };
  return { event: "referenceUpdated", commitId, oldCommitId };
}

function reference(referenceFullName: string) {
  const referenceType = referenceFullName.startsWith("refs/tags/") ? "tag" : "branch";
  const referenceName = referenceFullName.replace(/^refs\/(heads|tags)\//, "");
  return { referenceType, referenceName, referenceFullName };
}
