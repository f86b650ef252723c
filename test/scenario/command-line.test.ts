import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Status } from "../../cli/stage/status.ts";
import { processesIn, runLockstep, type CommandResult } from "../support/command-line.ts";
import { holdPort, type HeldPort } from "../support/held-port.ts";
import { startStage, type Stage } from "../support/stage.ts";

describe("before anything is made", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), "lockstep-folder-"));
  });

  afterEach(async () => {
    if (processesIn(directory).length > 0) await lockstep(["down"]); // only after a test that failed
    rmSync(directory, { recursive: true, force: true });
  });

  const lockstep = (args: readonly string[], environment: Record<string, string> = {}) =>
    runLockstep(args, { directory, environment });

  const expectNothingMade = (...files: string[]) => {
    expect(readdirSync(directory)).toEqual(files);
    expect(processesIn(directory)).toEqual([]);
  };

  const written = (stage: string) =>
    writeFileSync(
      path.join(directory, "lockstep.config.ts"),
      `export default { name: "shop", app: {}, stages: { production: ${stage} } };\n`,
    );

  it.each([
    {
      what: "a value of the wrong kind",
      stage: `{ branch: "main", tasks: "two" }`,
      tells: ["lockstep.config.ts", "stages.production.tasks", "expected number", 'found "two"'],
    },
    {
      what: "a value out of range",
      stage: `{ branch: "main", bakeMinutes: 0 }`,
      tells: ["lockstep.config.ts", "stages.production.bakeMinutes", ">=1", "found 0"],
    },
    {
      what: "a field that is missing",
      stage: `{}`,
      tells: ["lockstep.config.ts", "stages.production.branch", "expected string", "it is missing"],
    },
    {
      what: "a field that nobody knows",
      stage: `{ branch: "main", canaryPercent: 5 }`,
      tells: ["lockstep.config.ts", "stages.production", 'unknown field "canaryPercent"', "fix its spelling"],
    },
  ])("`up` refuses a configuration with $what", async ({ stage, tells }) => {
    written(stage);
    const { exitCode, stderr } = await lockstep(["up", "--detach", "--empty"]);
    for (const words of tells) expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(exitCode).toBe(2);
    expectNothingMade("lockstep.config.ts");
  });

  it("`up` refuses a folder without a configuration", async () => {
    const { exitCode, stderr } = await lockstep(["up", "--detach", "--empty"]);
    expect(stderr).toContain("lockstep.config.ts: could not be read");
    expect(exitCode).toBe(2);
    expectNothingMade();
  });

  it.each([
    { missing: "git", there: ["flock", "bash"] },
    { missing: "flock", there: ["git", "bash"] },
  ])("`up` asks for $missing where it is not installed", async ({ missing, there }) => {
    written(`{ branch: "main" }`);
    const programs = path.join(directory, "programs");
    mkdirSync(programs);
    for (const program of there) {
      symlinkSync(execFileSync("which", [program], { encoding: "utf8" }).trim(), path.join(programs, program));
    }
    const { exitCode, stderr } = await lockstep(["up", "--detach", "--empty"], { PATH: programs });
    expect(stderr).toContain(`${missing} was not found`);
    expect(stderr).toMatch(/install/i);
    expect(exitCode).toBe(2);
    expectNothingMade("lockstep.config.ts", "programs");
  });

  it.each([
    { args: ["deploy-now"], tells: "unknown command 'deploy-now'" },
    { args: ["up", "--fast"], tells: "unknown option '--fast'" },
    { args: ["up", "--speed", "none"], tells: "Expected a number greater than 0" },
    { args: ["up", "--port", "80"], tells: "Expected a port from 1024 to 65535" },
    { args: ["up", "storefront"], tells: "too many arguments" },
    { args: ["status"], tells: "No local cloud runs in this folder and no AWS account is named" },
    { args: ["env"], tells: "No local cloud runs in this folder" },
  ])("`lockstep $args` is a wrong call where nothing runs", async ({ args, tells }) => {
    const { exitCode, stdout, stderr } = await lockstep(args);
    expect(stderr).toContain(tells);
    expect(stdout).toBe("");
    expect(exitCode).toBe(2);
    expectNothingMade();
  });

  it("`up` names the stages there are when it is told another", async () => {
    written(`{ branch: "main" }`);
    const { exitCode, stderr } = await lockstep(["up", "--stage", "staging"]);
    expect(stderr).toContain('There is no stage "staging"; lockstep.config.ts has: production.');
    expect(exitCode).toBe(2);
    expectNothingMade("lockstep.config.ts");
  });

  it("`down` has nothing to do where nothing runs, and says so", async () => {
    expect(await lockstep(["down"])).toEqual({
      exitCode: 0,
      stdout: "No local cloud runs in this folder.\n",
      stderr: "",
    });
    expect(await lockstep(["down", "--json"])).toEqual({ exitCode: 0, stdout: '{"stopped":false}\n', stderr: "" });
    expectNothingMade();
  });
});

describe("a local cloud whose usual ports others have", { timeout: 90_000 }, () => {
  let held: HeldPort[];
  let stage: Stage;
  let status: Status;

  beforeAll(async () => {
    held = await Promise.all([holdPort(), holdPort(8080), holdPort(9000)]);
    stage = await startStage({ port: held[0]?.port ?? 0 });
    status = await stage.status();
  }, 120_000);

  afterAll(async () => {
    await stage?.remove();
    await Promise.all(held.map((port) => port.release()));
  });

  const lockstep = (...args: string[]): Promise<CommandResult> =>
    runLockstep(args, { environment: { LOCKSTEP_STATE: stage.directory } });

  const callerOf = async () => (await stage.client(STSClient)).send(new GetCallerIdentityCommand({}));

  it("takes free ones, and tells which", async () => {
    const chosen = [status.endpoint, status.url, status.testUrl].map((url) => Number(new URL(url ?? "").port));
    expect(new Set(chosen).size).toBe(3);
    for (const { port } of held) expect(chosen).not.toContain(port);
    expect(await callerOf()).toMatchObject({ Account: "123456789012" });
    // What stands there until the first release comes.
    expect((await fetch(status.url)).status).toBe(200);
    expect((await fetch(status.testUrl)).status).toBe(200);
    const { stdout } = await lockstep("status");
    expect(stdout).toContain(status.url);
    expect(stdout).toContain(status.endpoint ?? "no endpoint");
  });

  it("prints these fields of the status and no others", async () => {
    const { stdout, exitCode } = await lockstep("status", "--json");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      stage: "production",
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      testUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      gitUrl: expect.stringMatching(/^http:\/\/lockstep:[^@]+@127\.0\.0\.1:\d+\/v1\/repos\/storefront$/),
      databaseUrl: expect.stringMatching(/^postgres:\/\/[^@]+@127\.0\.0\.1:\d+\/app\?/),
      endpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      live: null,
      deployment: null,
      queue: [],
      pushes: [],
      approval: null,
      rollback: null,
      frozen: null,
    });
  });

  it("keeps out a second one, and is not harmed by it", async () => {
    const pid = stage.controlPlanePid();
    const second = await lockstep("up", "--no-synth");
    expect(second.stderr).toContain(`runs already (process ${pid})`);
    expect(second.stderr).toContain("lockstep down");
    expect(second.exitCode).toBe(2);
    expect(stage.controlPlanePid()).toBe(pid);
    expect(await callerOf()).toMatchObject({ Account: "123456789012" });
    expect(await stage.status()).toEqual(status);
  });

  it("does not move from the port that its tasks know when that is taken meanwhile", async () => {
    expect((await lockstep("down", "--json")).stdout).toBe('{"stopped":true}\n');
    const stranger = await holdPort(Number(new URL(status.endpoint ?? "").port));
    try {
      const refused = await stage.up();
      expect(refused.stderr).toContain(`Port ${stranger.port} of 127.0.0.1`);
      expect(refused.stderr).toContain("end what listens there");
      expect(refused.exitCode).toBe(1);
      expect(existsSync(path.join(stage.directory, "cloud.json"))).toBe(false);
      expect(processesIn(stage.directory)).toEqual([]);
    } finally {
      await stranger.release();
    }
  });

  it("starts once when two are asked for at the same moment", async () => {
    const results = await Promise.all([stage.up(), stage.up()]);
    const outcomes = results.map(({ exitCode }) => exitCode).toSorted((a, b) => a - b);
    expect(outcomes, results.map(({ stderr }) => stderr).join("\n")).toEqual([0, 2]);
    expect(results.find(({ exitCode }) => exitCode === 2)?.stderr).toContain("is already starting or running");
    expect(await stage.status()).toEqual(status);
    const planes = processesIn(stage.directory).filter((line) => line.includes("local/main.ts"));
    expect(planes).toHaveLength(1);
  });
});
