import { describe, expect, test } from "vitest";
import { pushEvent } from "../../../../../lambdas/events/receive-push/contract.ts";
import { decidePush } from "../../../../../lambdas/events/receive-push/receive-push.ts";

const commitId = "1a2b3c4d".repeat(5);
const oldCommitId = "0".repeat(40);
const settings = { DEPLOY_MACHINE_ARN: "arn", REPOSITORY_NAME: "shop", BRANCH: "main" };

function decide(detail: Record<string, string>) {
  const reference = { repositoryName: "shop", referenceType: "branch", referenceName: "main" };
  const event = { id: "6f1c", time: "2026-01-01T12:00:00Z", detail: { ...reference, ...detail } };
  return decidePush(pushEvent.parse(event), settings);
}

describe("a push", () => {
  test("to the branch of the stage is deployed", () => {
    expect(decide({ event: "referenceUpdated", commitId, oldCommitId })).toEqual({
      push: {
        deployment: "1a2b3c4d-6f1c",
        repository: "shop",
        branch: "main",
        commit: commitId,
        previousCommit: oldCommitId,
        pushedAt: "2026-01-01T12:00:00Z",
      },
    });
  });

  test("that creates the branch is deployed", () => {
    expect(decide({ event: "referenceCreated", commitId })).toMatchObject({ push: { commit: commitId } });
  });

  test.each([
    [{ event: "referenceUpdated", commitId, referenceName: "feature" }, "branch main"],
    [{ event: "referenceCreated", commitId, referenceType: "tag", referenceName: "main" }, "Tags"],
    [{ event: "referenceDeleted" }, "deleted"],
    [{ event: "referenceUpdated", commitId, repositoryName: "blog" }, "repository shop"],
    [{ event: "unreferencedMergeCommitCreated" }, "No branch"],
  ])("%j is ignored with a reason", (detail, reason) => {
    expect(decide(detail)).toMatchObject({ ignored: { status: "ignored", reason: expect.stringContaining(reason) } });
  });

  test.each(["--upload-pack=x", "../../etc", commitId.slice(1)])("of commit %s is refused", (wrong) => {
    expect(() => decide({ event: "referenceUpdated", commitId: wrong })).toThrow(/a full commit id/);
  });
});
