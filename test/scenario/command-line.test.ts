import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Status } from "../../cli/stage/status.ts";
import { processesIn, runLockstep, type CommandResult } from "../support/command-line.ts";
import { holdPort, type HeldPort } from "../support/held-port.ts";
import { startStage, type Stage } from "../support/stage.ts";

describe("without a running cloud", () => {
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

  const expectNoOtherFiles = (...files: string[]) => {
    expect(readdirSync(directory)).toEqual(files);
    expect(processesIn(directory)).toEqual([]);
  };

  const writeConfig = (stage: string) =>
    writeFileSync(
      path.join(directory, "lockstep.config.ts"),
      `export default { name: "shop", app: {}, stages: { production: ${stage} } };\n`,
    );

  it.each([
    {
      what: "a value of the wrong kind",
      stage: `{ branch: "main", tasks: "two" }`,
      words: ["lockstep.config.ts", "stages.production.tasks", "expected a number", 'found "two"'],
    },
    {
      what: "a value out of range",
      stage: `{ branch: "main", bakeMinutes: 0 }`,
      words: ["lockstep.config.ts", "stages.production.bakeMinutes", "expected at least 1", "found 0"],
    },
    {
      what: "a field that is missing",
      stage: `{}`,
      words: ["lockstep.config.ts", "stages.production.branch", "expected a string", "it is missing"],
    },
    {
      what: "an unknown field",
      stage: `{ branch: "main", canaryPercent: 5 }`,
      words: ["lockstep.config.ts", "stages.production", 'unknown field "canaryPercent"', "correct its spelling"],
    },
  ])("`up` refuses a configuration with $what", async ({ stage, words }) => {
    writeConfig(stage);
    const { exitCode, stderr } = await lockstep(["up", "--detach", "--empty"]);
    for (const word of words) expect(stderr).toContain(word);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(exitCode).toBe(2);
    expectNoOtherFiles("lockstep.config.ts");
  });

  it("`up` refuses a folder without a configuration", async () => {
    const { exitCode, stderr } = await lockstep(["up", "--detach", "--empty"]);
    expect(stderr).toContain("lockstep.config.ts does not exist");
    expect(exitCode).toBe(2);
    expectNoOtherFiles();
  });

  it.each([
    { missing: "git", there: ["flock", "bash"] },
    { missing: "flock", there: ["git", "bash"] },
  ])("`up` requires $missing", async ({ missing, there }) => {
    writeConfig(`{ branch: "main" }`);
    const programs = path.join(directory, "programs");
    mkdirSync(programs);
    for (const program of there) {
      symlinkSync(execFileSync("which", [program], { encoding: "utf8" }).trim(), path.join(programs, program));
    }
    const { exitCode, stderr } = await lockstep(["up", "--detach", "--empty"], { PATH: programs });
    expect(stderr).toContain(`${missing} was not found`);
    expect(stderr).toMatch(/install/i);
    expect(exitCode).toBe(2);
    expectNoOtherFiles("lockstep.config.ts", "programs");
  });

  it.each([
    { args: ["deploy-now"], stderr: "unknown command 'deploy-now'" },
    { args: ["up", "--fast"], stderr: "unknown option '--fast'" },
    { args: ["up", "--speed", "none"], stderr: "Expected a number greater than 0" },
    { args: ["up", "--port", "80"], stderr: "Expected a port from 1024 to 65535" },
    { args: ["up", "storefront"], stderr: "too many arguments" },
    { args: ["status"], stderr: "No local cloud is running in this directory, and no AWS credentials were found" },
    { args: ["env"], stderr: "No local cloud is running in this directory" },
  ])("`lockstep $args` is a usage error", async ({ args, stderr }) => {
    const result = await lockstep(args);
    expect(result.stderr).toContain(stderr);
    expect(result.stdout).toBe("");
    expect(result.exitCode).toBe(2);
    expectNoOtherFiles();
  });

  it("`up` lists the stages when it does not know the given one", async () => {
    writeConfig(`{ branch: "main" }`);
    const { exitCode, stderr } = await lockstep(["up", "--stage", "staging"]);
    expect(stderr).toContain('Stage "staging" is not in lockstep.config.ts. Fix: --stage production');
    expect(exitCode).toBe(2);
    expectNoOtherFiles("lockstep.config.ts");
  });

  it.each([
    { what: "outside of a git repository", commands: [], words: "There is no git repository in" },
    { what: "before the first commit", commands: ["init"], words: "The repository has no commits" },
    {
      what: "on a detached HEAD",
      commands: ["init", "add --all", "commit --message=Add", "switch --detach"],
      words: "HEAD is detached at",
    },
  ])("`up` refuses to deploy $what", async ({ commands, words }) => {
    writeConfig(`{ branch: "main" }`);
    for (const command of commands) {
      const author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"];
      execFileSync("git", [...author, ...command.split(" ")], { cwd: directory, stdio: "ignore" });
    }
    const { exitCode, stdout, stderr } = await lockstep(["up", "--detach"]);
    expect(stderr).toMatch(new RegExp(`^${words}.* Run: git `));
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expectNoOtherFiles(...(commands.length > 0 ? [".git"] : []), "lockstep.config.ts");
  });

  it("`up` refuses state of an older version and leaves it alone", async () => {
    writeConfig(`{ branch: "main" }`);
    const state = path.join(directory, ".lockstep");
    mkdirSync(state);
    writeFileSync(path.join(state, "state.sqlite"), "of an older version");
    const { exitCode, stdout, stderr } = await lockstep(["up", "--detach", "--empty"]);
    expect(stderr).toContain("The state in .lockstep was written by an older Lockstep");
    expect(stderr).toContain("Fix: lockstep down && rm -r .lockstep, then lockstep up");
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(readdirSync(state)).toEqual(["state.sqlite"]);
    expectNoOtherFiles(".lockstep", "lockstep.config.ts");
  });

  describe("during the synthesis", { timeout: 60_000 }, () => {
    /** A configuration whose synthesis writes its process id and does not end; returns the process id when it runs. */
    const writeEndlessConfig = (file: string) => {
      const started = path.join(directory, file);
      writeFileSync(
        path.join(directory, "lockstep.config.ts"),
        `import { renameSync, writeFileSync } from "node:fs";
if (process.env.CDK_OUTDIR) {
  writeFileSync(${JSON.stringify(`${started}.new`)}, String(process.pid));
  renameSync(${JSON.stringify(`${started}.new`)}, ${JSON.stringify(started)});
  await new Promise((resolve) => setTimeout(resolve, 100_000));
  process.exit(1);
}
export default { name: "shop", app: {}, stages: { production: { branch: "main" } } };\n`,
      );
      return () => vi.waitFor(() => Number(readFileSync(started, "utf8")), { timeout: 40_000, interval: 50 });
    };
    const ended = (pid: number) =>
      vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"), { timeout: 10_000, interval: 50 });

    it.each([
      { mode: "npm start", args: ["up", "--empty"] },
      { mode: "up --detach", args: ["up", "--empty", "--detach"] },
    ])("Ctrl-C ends `$mode` in one line, and the synthesis", async ({ args }) => {
      const synthesis = writeEndlessConfig("synthesis");
      const environment = { LOCKSTEP_CONFIG: path.join(directory, "lockstep.config.ts") };
      const controller = new AbortController();
      const up = runLockstep(args, { directory, environment, interrupt: controller.signal });
      const pid = await synthesis();
      controller.abort();
      const { exitCode, stdout, stderr } = await up;
      expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: "" });
      expect(stdout.trim().split(/\n+/)).toEqual([
        "Synthesizing the CloudFormation templates …",
        "Interrupted. Stopping …",
      ]);
      await ended(pid);
    });

    it("a second one says that it waits, and continues when the first has ended", async () => {
      const first = writeEndlessConfig("first");
      const environment = { LOCKSTEP_CONFIG: path.join(directory, "lockstep.config.ts") };
      const stops = [new AbortController(), new AbortController()];
      let said = "";
      const start = (stop: AbortController | undefined) =>
        runLockstep(["up", "--empty"], {
          directory,
          environment,
          ...(stop && { interrupt: stop.signal }),
          onStderr: (words) => (said += words),
        });
      const one = start(stops[0]);
      await first();
      const second = writeEndlessConfig("second");
      const two = start(stops[1]);
      await vi.waitFor(
        () => expect(said).toMatch(/^Another process is synthesizing \S*cdk\.out; waiting for it …\n$/),
        {
          timeout: 30_000,
          interval: 50,
        },
      );
      stops[0]?.abort();
      expect((await one).exitCode).toBe(130);
      await ended(await second().then((pid) => (stops[1]?.abort(), pid)));
      expect(await two).toMatchObject({ exitCode: 130, stderr: said });
    });
  });

  it("`down` reports that there is nothing to stop", async () => {
    expect(await lockstep(["down"])).toEqual({
      exitCode: 0,
      stdout: "No local cloud is running in this directory.\n",
      stderr: "",
    });
    expect(await lockstep(["down", "--json"])).toEqual({ exitCode: 0, stdout: '{"stopped":false}\n', stderr: "" });
    expectNoOtherFiles();
  });
});

describe("a local cloud whose default ports are in use", { timeout: 90_000 }, () => {
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

  it("takes free ones, and prints them", async () => {
    const chosen = [status.endpoint, status.url, status.testUrl].map((url) => Number(new URL(url ?? "").port));
    expect(new Set(chosen).size).toBe(3);
    for (const { port } of held) expect(chosen).not.toContain(port);
    expect(await callerOf()).toMatchObject({ Account: "123456789012" });
    // The placeholder until the first release.
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
      gitUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/v1\/repos\/storefront$/),
      databaseUrl: expect.stringMatching(/^postgresql:\/\/lockstep:\*\*\*@127\.0\.0\.1:\d+\/app\?sslmode=verify-full&/),
      endpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      live: null,
      deployment: null,
      queue: [],
      pushes: [],
      approval: null,
      rollback: null,
      rolledBack: null,
      readiness: null,
      frozen: null,
    });
  });

  it("prints the password of the database only with --show-secrets", async () => {
    const secrets = await stage.client(SecretsManagerClient);
    const { SecretString } = await secrets.send(
      new GetSecretValueCommand({ SecretId: "storefront-production/database" }),
    );
    const { password } = JSON.parse(SecretString ?? "") as { password: string };
    const [shown, ...hidden] = await Promise.all([
      lockstep("status", "--show-secrets", "--json"),
      lockstep("status", "--json"),
      lockstep("status"),
    ]);
    const url = new URL((JSON.parse(shown.stdout) as Status).databaseUrl ?? "");
    expect(decodeURIComponent(url.password)).toBe(password);
    expect(url.href).toBe(status.databaseUrl?.replace("***", url.password));
    for (const { stdout } of hidden) {
      expect(stdout).toContain("postgresql://lockstep:***@");
      expect(stdout).not.toContain(password);
      expect(stdout).not.toContain(url.password);
    }
  });

  it("names the command that applies changes to it, instead of updating stacks on AWS", async () => {
    const { exitCode, stdout, stderr } = await lockstep("infra", "deploy", "--yes");
    expect(stderr).toContain("A local cloud is running in this directory. Run: lockstep up");
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  });

  it("refuses a second one and keeps running", async () => {
    const pid = stage.controlPlanePid();
    const second = await lockstep("up", "--no-synth");
    expect(second.stderr).toContain(`already running (process ${pid})`);
    expect(second.stderr).toContain("lockstep down");
    expect(second.exitCode).toBe(2);
    expect(stage.controlPlanePid()).toBe(pid);
    expect(await callerOf()).toMatchObject({ Account: "123456789012" });
    expect(await stage.status()).toEqual(status);
  });

  it("starts on a free port when another process has taken its port, and says so", async () => {
    expect((await lockstep("down", "--json")).stdout).toBe('{"stopped":true}\n');
    const other = await holdPort(Number(new URL(status.endpoint ?? "").port));
    try {
      const { exitCode, stdout, stderr } = await stage.up();
      expect(stderr).toBe("");
      expect(stdout).toContain(`Port ${other.port} is in use by another process`);
      expect(exitCode).toBe(0);
      const moved = await stage.status();
      expect(moved).toEqual({
        ...status,
        endpoint: expect.not.stringContaining(`:${other.port}`),
        gitUrl: expect.not.stringContaining(`:${other.port}/`),
      });
      expect(await callerOf()).toMatchObject({ Account: "123456789012" });
      status = moved;
      expect((await lockstep("down", "--json")).stdout).toBe('{"stopped":true}\n');
    } finally {
      await other.release();
    }
  });

  it("starts once when two commands start it at the same time", async () => {
    const results = await Promise.all([stage.up(), stage.up()]);
    const outcomes = results.map(({ exitCode }) => exitCode).toSorted((a, b) => a - b);
    expect(outcomes, results.map(({ stderr }) => stderr).join("\n")).toEqual([0, 2]);
    expect(results.find(({ exitCode }) => exitCode === 2)?.stderr).toContain("is already starting or running");
    expect(await stage.status()).toEqual(status);
    const planes = processesIn(stage.directory).filter((line) => line.includes("local/main.ts"));
    expect(planes).toHaveLength(1);
  });
});
