import { BatchGetProjectsCommand, CodeBuildClient } from "@aws-sdk/client-codebuild";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { WorkingCopy } from "#test/support/git.ts";
import type { Stage } from "#test/support/stage.ts";
import { freePort } from "#local/kernel/index.ts";
import { healthy, start, timed } from "./commands.ts";

const kit = path.resolve(import.meta.dirname, "../node_modules/.cache/lockstep/release-kit/release-kit.mjs");

/** Runs the commands of a push one after another, on its own commit, with the same repository, registry and database. */
export async function runBareCommands(
  stage: Stage,
  copy: WorkingCopy,
  commit: string,
): Promise<Record<string, number>> {
  const gitUrl = await stage.gitUrl();
  const databaseUrl = await stage.databaseUrl();
  const imageEnv = await imageEnvironment(stage, commit);
  const folder = mkdtempSync(path.join(tmpdir(), "lockstep-bare-"));
  // Apart from the files of the run before, as the builds of the local cloud are: local/services/codebuild/runner/main.ts.
  spawnSync("chattr", ["+T", folder], { stdio: "ignore" });
  const cwd = path.join(folder, `app-${commit}`);
  const port = await freePort();
  const env = appEnvironment(databaseUrl, { port, commit });
  try {
    const seconds = {
      "git push": await timed(["git", "push", "--quiet", "--force", gitUrl, `${commit}:refs/heads/bare`], {
        cwd: copy.directory,
      }),
      "git clone": await timed(["git", "clone", "--quiet", "--depth=1", "--branch=bare", gitUrl, cwd], { cwd: folder }),
      "npm ci": await timed(["npm", "ci"], { cwd }),
      "npm test": await timed(["npm", "test", "--if-present"], { cwd }),
      "npm run build": await timed(["npm", "run", "build", "--if-present"], { cwd }),
      "npm prune": await timed(["npm", "prune", "--omit=dev"], { cwd }),
      image: await timed(["node", kit, "publish", path.join(folder, "release.env")], { cwd, env: imageEnv }),
      migrate: await timed(["node", "dist/migrate.js"], { cwd, env }),
    };
    return { ...seconds, "start until healthy": await startApp(cwd, env, port) };
  } finally {
    // When the benchmark ends: ext4 creates files slowly in the minutes after it has deleted others beside them.
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  }
}

async function startApp(cwd: string, env: Record<string, string>, port: number): Promise<number> {
  const begun = performance.now();
  const app = start(["node", "dist/server.js"], { cwd, env });
  const ended = once(app, "close");
  try {
    await healthy(`http://127.0.0.1:${port}`);
    return (performance.now() - begun) / 1000;
  } finally {
    app.kill("SIGTERM");
    await ended;
  }
}

/** The storefront's variables, with the database settings of the pipeline. */
export function appEnvironment(databaseUrl: string, { port, commit }: { port: number; commit: string }) {
  const database = new URL(databaseUrl);
  return {
    NODE_ENV: "production",
    HOST: "127.0.0.1",
    PORT: String(port),
    RELEASE: commit,
    SESSION_SECRET: "a-secret-of-the-benchmark",
    PGHOST: database.hostname,
    PGPORT: database.port,
    PGUSER: decodeURIComponent(database.username),
    PGPASSWORD: decodeURIComponent(database.password),
    PGDATABASE: database.pathname.slice(1),
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: database.searchParams.get("sslrootcert") ?? "",
  };
}

/** The variables of the build project and credentials, so that the image is pushed to the same registry. */
async function imageEnvironment(stage: Stage, commit: string): Promise<Record<string, string>> {
  const client = await stage.client(CodeBuildClient);
  const { projects = [] } = await client.send(new BatchGetProjectsCommand({ names: ["storefront-production"] }));
  const variables = projects[0]?.environment?.environmentVariables ?? [];
  const exported = JSON.parse((await stage.lockstep("env", "--json")).stdout) as Record<string, string>;
  return {
    ...exported,
    ...Object.fromEntries(variables.map(({ name = "", value = "" }) => [name, value])),
    CODEBUILD_RESOLVED_SOURCE_VERSION: commit,
  };
}
