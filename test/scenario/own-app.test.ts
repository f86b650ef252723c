import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { allScenarios } from "../support/all-scenarios.ts";
import { processesIn, runProgram } from "../support/command-line.ts";
import { configOf, createOwnApp, type OwnApp } from "../support/own-app.ts";

let app: OwnApp;
let first: string;
let gitToken: string;
const waiting = { timeout: 20_000, interval: 100 };

beforeAll(async () => {
  app = await createOwnApp();
  first = await app.copy.git("rev-parse", "HEAD");
  app.copy.write("notes.txt", "not committed\n");
  const { exitCode, stdout, stderr } = await app.lockstep("up", "--detach", "--speed", "600");
  expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
  expect(stderr).toBe(`Uncommitted changes are not deployed, only commit ${first.slice(0, 8)}:\n  ?? notes.txt\n`);
  expect(stdout).toMatch(/is live\.\n/);
  const cloudFile = path.join(app.directory, ".lockstep", "cloud.json");
  ({ gitToken } = JSON.parse(readFileSync(cloudFile, "utf8")) as { gitToken: string });
  expect(stdout).not.toContain(gitToken);
}, 180_000);

afterAll(() => app?.remove(), 60_000);

/** Logs requests, in green. */
const logging = `server.on("request", ({ url }) => {
  if (url !== "/health") console.log("\\u001B[32mrequest of " + url + "\\u001B[0m");
});
`;
const lastLine = (text: string) => text.trim().split("\n").at(-1);

it("`up` in a folder of a repository deploys its commit, and keeps the state beside the configuration, out of git", async () => {
  const { live, url } = await app.status();
  expect(live?.commit).toBe(first);
  expect(await (await fetch(url)).text()).toBe("tiny app, version one\n");
  expect(await app.copy.git("status", "--short")).toBe("?? notes.txt");
});

it("git gets the password from a helper that no other repository uses, and stores it nowhere", async () => {
  const store = path.join(app.directory, "..", `${path.basename(app.directory)}.credentials`);
  const globalConfig = `${store}.config`;
  onTestFinished(() => rmSync(globalConfig));
  writeFileSync(globalConfig, `[credential]\n  helper = store --file=${store}\n`);
  const environment = { GIT_CONFIG_GLOBAL: globalConfig, GIT_TERMINAL_PROMPT: "0" };
  const git = (...args: string[]) => runProgram(["git", ...args], { directory: app.directory, environment });
  expect(await git("ls-remote", "lockstep", "refs/heads/main")).toMatchObject({
    exitCode: 0,
    stdout: `${first}\trefs/heads/main\n`,
  });
  const { gitUrl } = await app.status();
  expect((await git("ls-remote", gitUrl.replace("/shop", "/other"))).stderr).toContain("could not read Username");
  expect(existsSync(store)).toBe(false);
  const { stdout } = await git("config", "--list", "--local");
  expect(stdout).toContain(`remote.lockstep.url=${gitUrl}\n`);
  expect(stdout).not.toContain(gitToken);
  expect((await app.lockstep("status")).stdout).not.toContain(gitToken);
});

it("`push` pushes the checked out commit to the stage's branch and follows the deployment", async () => {
  await app.copy.git("switch", "--quiet", "--create", "topic");
  const server = readFileSync(path.join(app.directory, "src/server.js"), "utf8");
  const commit = await app.copy.commit({ "src/server.js": `${server}${logging}` }, "Second");
  const { exitCode, stdout, stderr } = await app.lockstep("push");
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toContain(`${commit.slice(0, 8)} to production: Second\n`);
  expect(lastLine(stdout)).toMatch(new RegExp(`^${commit.slice(0, 8)}-\\w+ is live\\.$`));
  expect((await app.status()).live?.commit).toBe(commit);
  const again = await app.lockstep("push");
  expect(again).toMatchObject({ exitCode: 0, stderr: "" });
  expect(lastLine(again.stdout)).toBe(`Nothing to push: ${commit.slice(0, 8)} is live.`);
}, 60_000);

describe("`logs`", () => {
  it("shows the build and the app of the newest deployment, without control characters", async () => {
    const { url } = await app.status();
    await fetch(`${url}/shown`);
    await vi.waitFor(async () => {
      const { exitCode, stdout } = await app.lockstep("logs");
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(/^\d\d:\d\d:\d\d build .* node --check src\/server\.js$/m);
      expect(stdout).toMatch(/^\d\d:\d\d:\d\d app {7}[0-9a-f]{6} {2}request of \/shown$/m);
      expect(stdout).not.toContain("\u001B");
    }, waiting);
  });

  it("of one source are those of the live release, or of the given deployment", async () => {
    expect((await app.lockstep("logs", "app")).stdout).toMatch(/^\S+ [0-9a-f]{6} {2}request of \/shown$/m);
    const other = await app.lockstep("logs", "--deployment", first.slice(0, 8));
    expect(other.stdout).toContain("node --check src/server.js");
    expect(other.stdout).not.toContain("request of");
    const { stdout } = await app.lockstep("logs", "plan", "--deployment", first.slice(0, 8), "--json");
    const lines = JSON.parse(stdout) as { at: string; source: string; message: string }[];
    expect(lines.length).toBeGreaterThan(0);
    expect(new Set(lines.map(({ source }) => source))).toEqual(new Set(["plan"]));
    expect(lines.map(({ message }) => message).join("")).toContain("START RequestId");
    expect((await app.lockstep("logs", "plans")).stderr).toMatch(/^"plans" has no log\. Fix: give one of build, /);
    const since = new Date(Date.now() + 60_000).toISOString();
    expect(await app.lockstep("logs", "--since", since)).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  });

  it("follow the app until Ctrl-C", async () => {
    const { url } = await app.status();
    const interruption = new AbortController();
    let output = "";
    const onStdout = (words: string) => void (output += words);
    const following = app.run(["logs", "app", "--follow", "--json"], { interrupt: interruption.signal, onStdout });
    await vi.waitFor(() => expect(output.includes("/shown")).toBe(true), waiting);
    await fetch(`${url}/followed`);
    await vi.waitFor(() => expect(output).toContain("/followed"), waiting);
    interruption.abort();
    expect((await following).exitCode).toBe(130);
    const messages = output.split("\n").filter((line) => line.includes("/shown") || line.includes("/followed"));
    expect(messages.map((line) => (JSON.parse(line) as { source: string }).source)).toEqual(["app", "app"]);
  });
});

it("`push` says why nothing is deployed, as JSON too", async () => {
  const commit = await app.copy.commit({}, "Third\n\n[skip deploy]");
  const { exitCode, stdout } = await app.lockstep("push", "--json");
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    commit,
    deployment: null,
    outcome: "skipped",
    reason: "The commit message contains [skip deploy].",
  });
  const again = await app.lockstep("push");
  expect(again.exitCode).toBe(1);
  expect(lastLine(again.stdout)).toMatch(/was pushed before \(not deployed\)\. Run: lockstep deploy/);
});

it("`push` does not replace commits that only the stage has", async () => {
  await app.copy.git("reset", "--quiet", "--hard", first);
  await app.copy.commit({}, "Other");
  const { exitCode, stderr } = await app.lockstep("push");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("Branch main of the stage has commits that the current branch does not have");
  expect(stderr).toContain("Fix: git pull --rebase lockstep main");
});

it("`clone` makes a clone that can be pushed from", async () => {
  const clone = path.join(app.directory, "clone");
  expect((await app.lockstep("clone", clone)).exitCode).toBe(0);
  const git = (...args: string[]) => runProgram(["git", ...args], { directory: clone });
  expect((await git("push", "--dry-run", "lockstep", "HEAD:refs/heads/other")).exitCode).toBe(0);
  expect((await git("config", "--get", "remote.lockstep.url")).stdout.trim()).toBe((await app.status()).gitUrl);
});

it.runIf(allScenarios)(
  "`up` with a changed name says what would remain, and leaves the app as it is without --yes",
  async () => {
    const before = await app.status();
    app.copy.write("lockstep.config.ts", configOf({ name: "store" }));
    const { exitCode, stderr } = await app.lockstep("up", "--detach", "--empty");
    expect(exitCode).toBe(2);
    expect(stderr).toContain("none of its stacks (Shop-Production-Data, ");
    expect(stderr).toContain(
      `kept in ${path.join("..", "..", ".lockstep.Shop")}, with:\n  the database and its data\n  the git repository\n`,
    );
    expect(stderr).toMatch(
      /\nNothing was changed\. Fix: undo the change of lockstep\.config\.ts, or run: lockstep up --yes\n$/,
    );
    app.copy.write("lockstep.config.ts", configOf({}));
    expect(await app.status()).toEqual(before);
  },
  60_000,
);

describe.runIf(allScenarios)("in a terminal, `up`", () => {
  it("asks before it starts a new cloud for a changed name", async () => {
    const before = await app.status();
    app.copy.write("lockstep.config.ts", configOf({ name: "store" }));
    const typing = [{ after: "Start a new local cloud?", keys: "n\r" }];
    const { exitCode, stdout } = await app.run(["up", "--detach", "--empty"], { typing });
    expect(exitCode, stdout).toBe(2);
    expect(stdout).toContain("Nothing was changed.");
    app.copy.write("lockstep.config.ts", configOf({}));
    expect(await app.status()).toEqual(before);
  }, 60_000);

  it("runs until Ctrl-C, which stops everything", async () => {
    expect((await app.lockstep("down")).exitCode).toBe(0);
    const typing = [{ after: "Ctrl-C stops everything.", keys: "\u0003" }];
    const { exitCode, stdout } = await app.run(["up"], { typing });
    expect(exitCode, stdout).toBe(0);
    expect(stdout).toMatch(/Ctrl-C stops everything\.[^]*Stopping …/);
    expect(processesIn(app.directory)).toEqual([]);
  }, 120_000);
});
