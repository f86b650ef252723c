import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { releaseVariables, writeReleaseVariables } from "../../../release-kit/release-variables.ts";

it.each(["bash", "sh"])("writes what %s reads back unchanged", (shell) => {
  const directory = mkdtempSync(path.join(tmpdir(), "lockstep-env-"));
  const file = path.join(directory, "release.env");
  const nasty = { A: `it's $HOME "quoted" \\ \`id\``, B: "two\nlines" };
  writeReleaseVariables(file, nasty);
  const script = `. ${file}; printf '%s|%s' "$A" "$B"`;
  expect(execFileSync(shell, ["-c", script], { encoding: "utf8" })).toBe(`${nasty.A}|${nasty.B}`);
  rmSync(directory, { recursive: true });
});

it("names what the pipeline reads", () => {
  const image = { digest: "sha256:1", uri: "registry/shop@sha256:1" };
  const migrations = {
    count: 2,
    newest: [{ tag: "0001_x", when: 5, hash: "9f86d081884c7d65", file: "0001_x.sql", sql: "" }],
    findings: { findings: [] },
  };
  expect(releaseVariables(image, migrations, { requiredVariables: ["A", "B"], watchedPaths: ["src/**"] })).toEqual({
    IMAGE_DIGEST: "sha256:1",
    IMAGE_URI: "registry/shop@sha256:1",
    MIGRATIONS: '[{"tag":"0001_x","when":5,"hash":"9f86d081884c7d65"}]',
    MIGRATION_COUNT: "2",
    MIGRATION_FINDINGS: '{"findings":[]}',
    REQUIRED_VARIABLES: "A,B",
    ASSETS_IMAGE_DIGEST: "",
    WATCHED_PATHS: '["src/**"]',
  });
});
