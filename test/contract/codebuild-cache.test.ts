import { BatchGetProjectsCommand, CodeBuildClient } from "@aws-sdk/client-codebuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { contextOf, logOf, pushUrl, putProject, runBuild, startBuildCloud } from "#test/support/builds.ts";
import { workingCopy, type WorkingCopy } from "#test/support/git.ts";
import type { TestCloud } from "#test/support/local-cloud.ts";

let local: TestCloud;
let source: WorkingCopy;

beforeAll(async () => {
  local = await startBuildCloud();
  source = await workingCopy();
  await putProject(local, { properties: { Cache: { Type: "S3", Location: "shop-cache/builds" } } });
});
afterAll(async () => {
  source.remove();
  await local.stop();
});

const key = "v1-$NAME-$(codebuild-hash-files package-lock.json **/*.prisma)";

/** Commits the files and builds them; the build prints `saw` and its cached file, and writes the file. */
async function build(files: Record<string, string>, cache: object = { key, paths: ["kept/**/*"] }, last = "true") {
  const commands = [
    'echo "saw $(cat kept/deep/.file 2>/dev/null || echo nothing)"',
    "mkdir -p kept/deep && cp content kept/deep/.file && ln -sf .file kept/deep/link",
    last,
  ];
  const buildspec = { version: "0.2", env: { variables: { NAME: "x" } }, phases: { build: { commands } }, cache };
  const commit = await source.commit({ ...files, "buildspec.yml": JSON.stringify(buildspec) });
  await source.git("push", "--quiet", "--force", pushUrl(local), "main");
  const ended = await runBuild(local, { sourceVersion: commit });
  const log = await logOf(local, ended);
  return { ended, log: log.join("\n"), saw: log.find((line) => line.startsWith("saw "))?.slice("saw ".length) };
}

it("is restored by its key, and created once for each key", async () => {
  const first = await build({ "package-lock.json": "1", content: "one" });
  expect([first.ended.buildStatus, first.saw]).toEqual(["SUCCEEDED", "nothing"]);
  expect((await build({ content: "two" })).saw).toBe("one");
  const third = await build({ content: "three" });
  expect(third.saw).toBe("one");
  expect(third.log).toContain("Cache unchanged");
  expect((await build({ "package-lock.json": "2" })).saw).toBe("nothing");
  expect((await build({ "package-lock.json": "1" })).saw).toBe("one");
  expect((await build({ "schema/a.prisma": "model A {}" })).saw).toBe("nothing");
});

it("falls back to the newest cache whose key begins with another one", async () => {
  const fallback = { key: "none", "fallback-keys": ["absent-", "v1-$NAME-"], action: "restore", paths: ["kept/**/*"] };
  expect((await build({}, fallback)).saw).toBe("three");
  expect((await build({}, { ...fallback, "fallback-keys": [] })).saw).toBe("nothing");
});

it("is not saved by a build that fails", async () => {
  const cache = { key: "of-a-failed-build", paths: ["kept/**/*"] };
  expect((await build({}, cache, "exit 3")).ended.buildStatus).toBe("FAILED");
  expect((await build({}, cache)).saw).toBe("nothing");
  expect((await build({}, cache)).saw).toBe("three");
});

it("does not leave the source", async () => {
  const { ended, log } = await build({}, { key: "outside", paths: ["/etc/hostname"] });
  expect(ended.buildStatus).toBe("SUCCEEDED");
  expect(log).toContain("Unable to upload cache: /etc/hostname is not in the source");
});

it("is described, and needs permission", async () => {
  const { projects = [] } = await local.client(CodeBuildClient).send(new BatchGetProjectsCommand({ names: ["shop"] }));
  expect(projects[0]?.cache).toEqual({ type: "S3", location: "shop-cache/builds" });
  await putProject(local, {
    name: "other",
    role: "without-cache",
    properties: { Cache: { Type: "S3", Location: "shop-cache/builds" } },
  });
  const ended = await runBuild(local, { projectName: "other" });
  expect(contextOf(ended, "DOWNLOAD_SOURCE")?.message).toContain("s3:PutObject");
});
