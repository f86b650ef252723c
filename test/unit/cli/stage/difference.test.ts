import { describe, expect, test } from "vitest";
import { commitsBetween, compareVariables, variablesOf, describeDifference } from "../../../../cli/stage/difference.ts";

describe("the commits of a deployment", () => {
  const repository = (parents: Readonly<Record<string, string | undefined>>) => ({
    commit: async (id: string) =>
      id in parents ? { id, message: `Change ${id}\n\nWhy`, parent: parents[id] } : undefined,
  });

  test("are those since the live release, the newest first", async () => {
    expect(await commitsBetween(repository({ c: "b", b: "a", a: undefined }), "a", "c")).toEqual({
      commits: [
        { commit: "c", title: "Change c" },
        { commit: "b", title: "Change b" },
      ],
      hasMoreCommits: false,
    });
  });

  test("are none for a deployment of the live commit", async () => {
    expect(await commitsBetween(repository({}), "a", "a")).toEqual({ commits: [], hasMoreCommits: false });
  });

  const many = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [n === 0 ? "b" : `b${n}`, `b${n + 1}`]));

  test.each([
    { what: "the live one is no ancestor", parents: { b: "a", a: undefined }, count: 2 },
    { what: "there are many", parents: many, count: 10 },
  ])("are incomplete if $what", async ({ parents, count }) => {
    const { commits, hasMoreCommits } = await commitsBetween(repository(parents), "elsewhere", "b");
    expect({ count: commits.length, hasMoreCommits }).toEqual({ count, hasMoreCommits: true });
  });
});

test("variables are compared by value, and named without it", () => {
  const before = new Map([
    ["LOG_LEVEL", "info"],
    ["OLD", "1"],
    ["KEY", "arn:secret:KEY::1"],
    ["RELEASE", "a"],
  ]);
  const after = new Map([
    ["LOG_LEVEL", "debug"],
    ["KEY", "arn:secret:KEY::1"],
    ["NEW", "1"],
    ["RELEASE", "b"],
  ]);
  expect(compareVariables(before, after)).toEqual({ added: ["NEW"], removed: ["OLD"], changed: ["LOG_LEVEL"] });
});

const nothing = {
  live: { deployment: "d", commit: "aaaaaaaaaaaa" },
  commits: [],
  hasMoreCommits: false,
  lockFiles: [],
  variables: null,
  migrations: [],
  imageSize: null,
};

test("a difference is described by one line for each kind of change", () => {
  const difference = {
    ...nothing,
    commits: [{ commit: "cccccccccccc", title: "Add a cart" }],
    hasMoreCommits: true,
    lockFiles: ["package-lock.json"],
    variables: { added: ["NEW"], removed: [], changed: ["LOG_LEVEL"] },
    migrations: ["0003_cart"],
    imageSize: { live: 41_000_000, new: 52_340_000 },
  };
  expect(describeDifference(difference)).toEqual([
    "Changes since the live release aaaaaaaa:",
    "  cccccccc Add a cart",
    "  … and earlier commits",
    "  dependencies changed: package-lock.json",
    "  migrations: 0003_cart",
    "  variables added: NEW",
    "  variables changed: LOG_LEVEL",
    "  image: 41.0 MB → 52.3 MB",
  ]);
});

test("a deployment of what is live says so", () => {
  expect(describeDifference(nothing)[1]).toBe("  no difference: the same commit and configuration");
});

test("a new version of the secret is one change, since its other values may be as before", () => {
  const release = (version: string) =>
    variablesOf([
      {
        environment: [{ name: "PORT", value: "3000" }],
        secrets: [
          { name: "STRIPE_KEY", valueFrom: `arn:aws:secretsmanager:r:1:secret:app-AbCdEf:STRIPE_KEY::${version}` },
          { name: "PGHOST", valueFrom: "arn:aws:secretsmanager:r:1:secret:login-AbCdEf:host::" },
        ],
      },
    ]);
  const [first, second] = ["0", "1"].map((digit) => `${digit.repeat(8)}-0000-0000-0000-${digit.repeat(12)}`);
  const changed = compareVariables(release(first ?? ""), release(second ?? ""));
  expect(changed).toEqual({ added: [], removed: [], changed: ["(values of the secret)"] });
});
