import type { CloudEvent } from "#local/cloud/index.ts";
import type { References, RepositoryRecord } from "./store.ts";

/** https://docs.aws.amazon.com/codecommit/latest/userguide/monitoring-events.html */
export function referenceEvents(
  repository: RepositoryRecord & { arn: string },
  { before, after }: { before: References; after: References },
  callerUserArn: string | undefined,
): CloudEvent[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => ({
      source: "aws.codecommit",
      detailType: "CodeCommit Repository State Change",
      resources: [repository.arn],
      detail: {
        ...change(before[name], after[name]),
        repositoryName: repository.name,
        repositoryId: repository.id,
        ...reference(name),
        callerUserArn,
      },
    }));
}

function change(oldCommitId: string | undefined, commitId: string | undefined) {
  if (oldCommitId === undefined) return { event: "referenceCreated", commitId };
  if (commitId === undefined) return { event: "referenceDeleted", oldCommitId };
  return { event: "referenceUpdated", commitId, oldCommitId };
}

function reference(referenceFullName: string) {
  const referenceType = referenceFullName.startsWith("refs/tags/") ? "tag" : "branch";
  const referenceName = referenceFullName.replace(/^refs\/(heads|tags)\//, "");
  return { referenceType, referenceName, referenceFullName };
}
