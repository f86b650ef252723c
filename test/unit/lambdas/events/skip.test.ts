import { describe, expect, test } from "vitest";
import { isMatched, whySkipped } from "../../../../lambdas/events/skip.ts";
import { currentRelease } from "../../../../lambdas/core/record.ts";
import type { Changes } from "../../../../lambdas/source/repository.ts";
import { MemoryTable } from "../support/memory-table.ts";

const [live, pushed] = ["1".repeat(40), "2".repeat(40)];

async function skipped(options: {
  message?: string;
  patterns?: string[];
  changes?: Changes;
  hasRelease?: boolean;
  watchedPaths?: string[];
}) {
  const { message = "Change", patterns = ["src/**"], changes = { paths: [] }, hasRelease = true } = options;
  const table = new MemoryTable();
  const release = { deployment: "d", commit: live, pushedAt: "", imageUri: "", imageDigest: "", taskDefinitionArn: "" };
  const { watchedPaths } = options;
  if (hasRelease) await table.put({ ...currentRelease, ...release, watchedPaths, deployedAt: "" });
  const compared: string[][] = [];
  const repository = {
    name: "acme/shop",
    head: () => Promise.resolve(pushed),
    commit: (id: string) => Promise.resolve({ id, message }),
    hasFile: () => Promise.resolve(false),
    readFile: () => Promise.resolve(undefined),
    changes: (from: string, to: string) => Promise.resolve((compared.push([from, to]), changes)),
  };
  const settings = { PATHS: JSON.stringify(patterns) };
  return { reason: await whySkipped({ table, repository, settings }, pushed), compared };
}

describe("a push", () => {
  test("is deployed if a file that matches differs from the live release", async () => {
    expect(await skipped({ changes: { paths: ["README.md", "src/a.ts"] } })).toEqual({
      reason: undefined,
      compared: [[live, pushed]],
    });
  });

  test("is skipped with a reason if none does", async () => {
    const { reason } = await skipped({ changes: { paths: ["README.md"] } });
    expect(reason).toBe("No change since the live release (11111111) matches src/**.");
  });

  test("is compared with the files that the live release was built from, unless the stage names others", async () => {
    const watchedPaths = ["*", "!*.md", "apps/web/**", "packages/shared/**"];
    const reasonFor = async (file: string, patterns: string[] = []) =>
      (await skipped({ patterns, watchedPaths, changes: { paths: [file] } })).reason;
    expect(await reasonFor("packages/shared/src/a.ts")).toBeUndefined();
    expect(await reasonFor("pnpm-lock.yaml")).toBeUndefined();
    expect(await reasonFor("apps/admin/src/a.ts")).toContain("matches *, !*.md, apps/web/**, packages/shared/**");
    expect(await reasonFor("README.md")).toContain("No change since the live release");
    expect(await reasonFor("apps/admin/src/a.ts", ["apps/**"])).toBeUndefined();
  });

  test("is skipped if the message of its newest commit says so", async () => {
    expect((await skipped({ message: "Fix a typo\n\n[Skip Deploy]", patterns: [] })).reason).toContain("[skip deploy]");
  });

  test.each([
    ["without paths", { patterns: [], changes: { paths: ["README.md"] } }],
    ["before the first release", { hasRelease: false }],
    ["whose changes cannot all be listed", { changes: {} }],
  ])("%s is deployed", async (_what, options) => {
    expect((await skipped(options)).reason).toBeUndefined();
  });
});

test.each([
  [["**"], "a/b.ts", true],
  [["**", "!docs/**"], "docs/a.md", false],
  [["**", "!docs/**"], "docs", true],
  [["**", "!docs/**", "docs/api/**"], "docs/api/a.md", true],
  [["src/*.ts"], "src/a/b.ts", false],
  [["*", ".yarn/**", "src/**"], ".npmrc", true],
  [["src/**"], "src/.env.example", true],
  [[".yarn/**"], ".yarn/releases/yarn.cjs", true],
  [["*.md"], ".npmrc", false],
  [["*.md"], "README.md", true],
  [["!*.md"], "a.ts", false],
])("%j matches %s: %s", (patterns, path, expected) => {
  expect(isMatched(patterns, path)).toBe(expected);
});
