import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { SFNClient } from "@aws-sdk/client-sfn";
import { describe, expect, test } from "vitest";
import { type FollowDeps, followBranch, reconsiderSkipped } from "../../../../lambdas/events/follow-branch.ts";
import { startMissedPush } from "../../../../lambdas/events/reconcile/missed-push.ts";
import { memoryDeps } from "../support/deps.ts";
import { awsError, scripted } from "../support/scripted.ts";

const commit = (number: number) => String(number).repeat(40);

/** A branch whose commits are numbered by their order; `behind` knows no other ancestry. */
function branch(settings: { PATHS?: string } = {}) {
  const deps = memoryDeps();
  const started: string[] = [];
  const published: unknown[] = [];
  const state = { head: 1, message: "Change", fails: false, beforeAnswer: () => Promise.resolve() };
  const sfn = scripted(SFNClient, {
    StartExecution: (input) => {
      if (state.fails) throw awsError("StateMachineDoesNotExist");
      const { commit: id, pushedAt } = JSON.parse((input as { input: string }).input) as Record<string, string>;
      started.push(`${id?.[0]} ${pushedAt}`);
      return {};
    },
  });
  const eventBridge = scripted(EventBridgeClient, {
    PutEvents: ({ Entries }: { Entries: { DetailType: string; Detail: string }[] }) => {
      published.push(...Entries.map(({ DetailType, Detail }) => [DetailType, JSON.parse(Detail)]));
      return {};
    },
  });
  const follow: FollowDeps & { settings: { GITHUB_TOKEN_ARN: string } } = {
    ...deps,
    sfn,
    eventBridge,
    repository: {
      name: "acme/shop",
      async head() {
        const { head } = state;
        await state.beforeAnswer();
        return commit(head);
      },
      commit: (id) => Promise.resolve({ id, message: state.message }),
      hasFile: () => Promise.resolve(false),
      readFile: () => Promise.resolve(undefined),
      changes: (from, to) => Promise.resolve({ isBehind: to < from, paths: ["a"] }),
    },
    settings: {
      TABLE_NAME: "shop",
      DEPLOY_MACHINE_ARN: "arn",
      BRANCH: "main",
      PATHS: "[]",
      GITHUB_TOKEN_ARN: "arn",
      ...settings,
    },
  };
  return {
    follow,
    state,
    started,
    published,
    commits: () => started.map((each) => Number(each[0])),
    table: deps.table,
  };
}

const hint = { isConfirmed: false };

describe("the head of the branch", () => {
  test("is deployed once, however often it is announced", async () => {
    const { follow, commits } = branch();
    expect(await followBranch(follow, hint)).toMatchObject({ started: true });
    expect(await followBranch(follow, hint)).toMatchObject({ started: false });
    expect(commits()).toEqual([1]);
  });

  test("is deployed after the one before, with a later time", async () => {
    const { follow, state, started, commits } = branch();
    for (state.head = 1; state.head < 6; state.head++) await followBranch(follow, hint);
    expect(commits()).toEqual([1, 2, 3, 4, 5]);
    const times = started.map((each) => each.slice(2));
    expect(times).toEqual([...new Set(times)].toSorted());
  });

  test("that was read before a newer one was handled is not deployed after it", async () => {
    const { follow, state, commits } = branch();
    state.beforeAnswer = async () => {
      state.beforeAnswer = () => Promise.resolve();
      state.head = 2;
      await followBranch(follow, hint); // a second function, while GitHub answers the first
    };
    await followBranch(follow, hint);
    expect(commits()).toEqual([2]);
  });

  test("that is older than the last one is deployed only if the reset of the branch is confirmed", async () => {
    const { follow, state, commits } = branch();
    state.head = 2;
    await followBranch(follow, hint);
    state.head = 1;
    expect(await followBranch(follow, hint)).toMatchObject({ started: false });
    expect(await followBranch(follow, { isConfirmed: true })).toMatchObject({ started: true });
    expect(commits()).toEqual([2, 1]);
  });

  test("whose start failed is started by the next hint", async () => {
    const { follow, state, commits } = branch();
    state.fails = true;
    await expect(followBranch(follow, hint)).rejects.toThrow("StateMachineDoesNotExist");
    state.fails = false;
    expect(await followBranch(follow, hint)).toMatchObject({ started: true });
    expect(commits()).toEqual([1]);
  });

  test("is found without a delivery after a while, also one whose start failed", async () => {
    const { follow, state, commits } = branch();
    state.fails = true;
    await followBranch(follow, hint).catch(() => undefined);
    state.fails = false;
    for (let round = 0; round < 3; round++) {
      await startMissedPush(follow, []);
      for (let second = 0; second < 40; second++) follow.clock.now();
    }
    expect(commits()).toEqual([1]);
    state.head = 2;
    for (let round = 0; round < 3; round++) {
      await startMissedPush(follow, []);
      for (let second = 0; second < 40; second++) follow.clock.now();
    }
    expect(commits()).toEqual([1, 2]);
  });

  test("that is skipped is reported with its reason, and deployed once the reason no longer holds", async () => {
    const { follow, state, published, commits } = branch();
    state.message = "Change [skip deploy]";
    const reason = "The commit message contains [skip deploy].";
    expect(await followBranch(follow, hint)).toEqual({ started: false, reason });
    expect(published).toEqual([["Lockstep Push Skipped", { table: "shop", commit: commit(1), reason }]]);
    await reconsiderSkipped(follow, commit(1));
    expect(commits()).toEqual([]);
    state.message = "Change";
    await reconsiderSkipped(follow, commit(1));
    expect(commits()).toEqual([1]);
  });

  test("that is skipped is reported once if no delivery announced it", async () => {
    const { follow, state, published, commits } = branch();
    state.message = "Change [skip deploy]";
    for (let round = 0; round < 4; round++) {
      await startMissedPush(follow, []);
      for (let second = 0; second < 40; second++) follow.clock.now();
    }
    expect(published).toEqual([["Lockstep Push Skipped", expect.objectContaining({ commit: commit(1) })]]);
    expect(commits()).toEqual([]);
  });
});
