import { writeFileSync } from "node:fs";
import path from "node:path";
import { BatchGetBuildsCommand, CodeBuildClient, ListBuildsCommand } from "@aws-sdk/client-codebuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allScenarios } from "../support/all-scenarios.ts";
import type { WorkingCopy } from "../support/git.ts";
import { startStage, type Stage, withStage } from "../support/stage.ts";

const configuration = (greeting: string) => ({
  variables: { GREETING: greeting },
  database: { variables: { host: "DB_HOST", user: "DB_USER", name: "DB_NAME", url: "POSTGRES_URL" } },
});

/** Shows its variables, and does not start with some of them. */
const server = `import { createServer } from "node:http";
const { PORT, HOST, RELEASE, STRIPE_KEY = "" } = process.env;
if (STRIPE_KEY.startsWith("invalid")) throw new Error("STRIPE_KEY " + STRIPE_KEY + " is refused");
const server = createServer((request, response) => {
  response.setHeader("x-release", RELEASE);
  response.end(request.url === "/variables" ? JSON.stringify(process.env) : "");
});
server.listen(Number(PORT), HOST);
process.on("SIGTERM", () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`;

interface Row {
  configOnly: boolean;
  outcome: string;
  live: boolean;
  title: string;
}

let stage: Stage;
let copy: WorkingCopy;
let commit: string;

const variables = async () => (await (await fetch(`${await stage.url()}/variables`)).json()) as Record<string, string>;
const releases = async () => JSON.parse((await stage.lockstep("releases", "--json")).stdout) as Row[];

async function buildsOf(id: string): Promise<number> {
  const client = await stage.client(CodeBuildClient);
  const { ids = [] } = await client.send(new ListBuildsCommand({}));
  if (ids.length === 0) return 0;
  const { builds = [] } = await client.send(new BatchGetBuildsCommand({ ids }));
  return builds.filter(({ sourceVersion }) => sourceVersion === id).length;
}

beforeAll(async () => {
  if (!allScenarios) return;
  stage = await startStage({ changes: configuration("hello") });
  copy = await stage.clone("tiny-app");
}, 300_000);

afterAll(async () => {
  await stage?.remove();
  copy?.remove();
}, 60_000);

describe.runIf(allScenarios)("the variables of an app", () => {
  it("are checked before the build, and a redrive continues when the missing one is set", async () => {
    commit = await stage.push(copy, { "src/server.js": server, ".env.example": "GREETING=\nDB_HOST=\nSTRIPE_KEY=\n" });
    const failed = await stage.ended(commit);
    expect(failed).toMatchObject({ error: "ConfigMissing", cause: expect.stringContaining("requires STRIPE_KEY ") });
    expect(failed.cause).toContain("Run: lockstep secret set STRIPE_KEY --stage production");
    expect(await buildsOf(commit)).toBe(0);
    const set = await stage.lockstepWithInput("canary-one\n", "secret", "set", "STRIPE_KEY");
    expect(set).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("STRIPE_KEY is set in storefront") });
    const redriven = await stage.lockstep("redrive");
    expect(redriven.exitCode, redriven.stderr).toBe(0);
    expect(await buildsOf(commit)).toBe(1);
  }, 120_000);

  it("are all that the stage holds, whatever .env.example lists", async () => {
    const { DATABASE_URL = "", ...rest } = await variables();
    expect(rest).toMatchObject({
      GREETING: "hello",
      STRIPE_KEY: "canary-one",
      DB_USER: "lockstep_app_1",
      DB_NAME: "app",
    });
    expect(rest.SESSION_SECRET).toMatch(/^[\w-]{48}$/);
    expect(rest).not.toHaveProperty("lockstep:changed");
    const { username, pathname, search, host } = new URL(DATABASE_URL);
    expect({ username, pathname, search }).toEqual({
      username: "lockstep_app_1",
      pathname: "/app",
      search: "?sslmode=verify-full",
    });
    expect(host).toBe(`${rest.PGHOST}:${rest.PGPORT}`);
    expect(rest).toMatchObject({ DB_HOST: rest.PGHOST, POSTGRES_URL: DATABASE_URL, PGSSLMODE: "verify-full" });
  });

  it("change without a build, and return to their former values with a rollback", async () => {
    const file = path.join(stage.directory, "value");
    writeFileSync(file, "canary-two");
    expect((await stage.lockstep("secret", "set", "STRIPE_KEY", "--file", file)).exitCode).toBe(0);
    expect((await variables()).STRIPE_KEY).toBe("canary-one");
    const list = await stage.lockstep("secret", "list", "--json");
    expect(JSON.parse(list.stdout)).toMatchObject({
      isLive: false,
      keys: [{ name: "SESSION_SECRET" }, { name: "STRIPE_KEY", changedAt: expect.stringMatching(/^20/) }],
    });
    const deployed = await stage.lockstep("deploy", "--config-only", "--json");
    expect(JSON.parse(deployed.stdout)).toMatchObject({ commit, outcome: "deployed" });
    expect((await variables()).STRIPE_KEY).toBe("canary-two");
    expect(await buildsOf(commit)).toBe(1);
    expect(await releases()).toMatchObject([{ configOnly: true, live: true, title: "Change" }, { configOnly: false }]);
    const rolledBack = await stage.lockstep("rollback");
    expect(rolledBack.exitCode, rolledBack.stderr).toBe(0);
    expect((await variables()).STRIPE_KEY).toBe("canary-one");
    const outputs = [
      list,
      deployed,
      rolledBack,
      await stage.lockstep("releases", "--json"),
      await stage.lockstep("status"),
    ];
    for (const { stdout, stderr } of outputs) expect(stdout + stderr).not.toContain("canary");
  }, 120_000);

  it("that break the app are rolled back as code is, and its output does not show them", async () => {
    await stage.lockstepWithInput("invalid-canary", "secret", "set", "STRIPE_KEY");
    const broken = await stage.lockstep("deploy", "--config-only");
    expect(broken.exitCode).toBe(3);
    expect(broken.stderr).toContain("STRIPE_KEY *** is refused");
    expect(broken.stdout + broken.stderr).not.toContain("invalid-canary");
    expect((await variables()).STRIPE_KEY).toBe("canary-one");
  }, 120_000);

  it("of the configuration take effect with a deployment of the configuration only", async () => {
    stage.configure(withStage(configuration("good morning")));
    const updated = await stage.up();
    expect(updated).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("lockstep deploy --config-only") });
    expect((await stage.lockstep("secret", "unset", "STRIPE_KEY")).exitCode).toBe(0);
    const missing = await stage.lockstep("deploy", "--config-only");
    expect(missing).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("ConfigMissing") });
    await stage.lockstepWithInput("canary-three", "secret", "set", "STRIPE_KEY");
    expect((await stage.lockstep("deploy", "--config-only")).exitCode).toBe(0);
    expect(await variables()).toMatchObject({ GREETING: "good morning", STRIPE_KEY: "canary-three" });
    expect(await buildsOf(commit)).toBe(1);
  }, 240_000);
});
