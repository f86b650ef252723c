import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { allScenarios } from "../support/all-scenarios.ts";
import type { WorkingCopy } from "../support/git.ts";
import { holdPort } from "../support/held-port.ts";
import { type ExecutionEnd, startStage, type Stage } from "../support/stage.ts";

const repository = "acme/storefront";
/** A change of the headline alone would not be worth a deployment. */
const paths = ["**", "!*.md", "!src/headline.ts"];
const connectionArn = "arn:aws:codeconnections:eu-central-1:123456789012:connection/0a1b2c3d";
let stage: Stage;
let copy: WorkingCopy;

beforeAll(async () => {
  stage = await startStage({ source: { github: { repository, connectionArn } }, changes: { paths } });
  copy = await stage.clone("storefront");
}, 180_000);

afterAll(async () => {
  await stage?.remove();
  copy?.remove();
}, 60_000);

const deploy = async (files: Readonly<Record<string, string>>): Promise<{ commit: string; end: ExecutionEnd }> => {
  const commit = await stage.push(copy, files);
  return { commit, end: await stage.ended(commit) };
};

/** From the API of the stand-in. */
async function list<T>(resource: string): Promise<T[]> {
  const gitUrl = await stage.gitUrl();
  const { origin, password } = new URL(gitUrl);
  const headers = { authorization: `Bearer ${password}` };
  return (await fetch(`${origin}/github-api/repos/${repository}/${resource}`, { headers })).json() as Promise<T[]>;
}

interface Status {
  state: string;
  context: string;
  description: string;
  target_url: string;
}

/** Oldest first. */
const statusesOf = async (commit: string) => (await list<Status>(`commits/${commit}/statuses`)).toReversed();

/** States of the GitHub deployment of a commit, oldest first, and the URL in the last one. */
async function deploymentOf(commit: string) {
  const [deployment] = await list<{ id: number; environment: string }>(`deployments?sha=${commit}`);
  const statuses = await list<{ state: string; environment_url: string }>(`deployments/${deployment?.id}/statuses`);
  const states = statuses.map(({ state }) => state).toReversed();
  return { environment: deployment?.environment, states, url: statuses[0]?.environment_url };
}

const lastStatus = (commit: string, expected: object) =>
  vi.waitFor(async () => expect((await statusesOf(commit)).at(-1)).toMatchObject(expected), 20_000);

const lastDeploymentState = (commit: string, state: string) =>
  vi.waitFor(async () => expect((await deploymentOf(commit)).states.at(-1)).toBe(state), 20_000);

const headlineFile = "src/headline.ts";
const headline = (text: string) => `export const headline = "${text}";\n`;
const page = async (url: string) => (await fetch(url)).text();

describe("a push to GitHub", () => {
  let first: string;
  let second: string;

  it("deploys the storefront, with the state of each step on GitHub", async () => {
    const { commit, end } = await deploy({});
    first = commit;
    expect(end.status, end.cause).toBe("SUCCEEDED");
    const { url, live } = await stage.status();
    expect((await fetch(url)).status).toBe(200);
    expect(live?.commit).toBe(commit);
    const context = "lockstep/production";
    await lastStatus(commit, { state: "success", context, description: "Deployed" });
    const steps = (await statusesOf(commit)).filter(({ state }) => state === "pending").map((each) => each.description);
    expect(steps).toEqual(expect.arrayContaining(["Build (2 of 12)", "Shift traffic (9 of 12)"]));
    const { environment, states, url: shown } = await deploymentOf(commit);
    expect(environment).toBe("production");
    expect(states.at(-1)).toBe("success");
    expect(states).toContain("in_progress");
    expect(shown).toBe(new URL(url).origin);
  }, 120_000);

  it.runIf(allScenarios)(
    "is skipped three times with the reason, then the sum is deployed",
    async () => {
      const reason = `No change since the live release (${first.slice(0, 8)}) matches ${paths.join(", ")}.`;
      const skipped = [{ "README.md": "Changed\n" }, { [headlineFile]: headline("Tea") }, { "README.md": "Again\n" }];
      for (const files of skipped) {
        const commit = await stage.push(copy, files);
        await lastStatus(commit, { state: "success", description: `Not deployed: ${reason}` });
      }
      const { url, live } = await stage.status();
      expect(live?.commit).toBe(first);
      expect(await page(url)).not.toContain("Tea");
      const { commit, end } = await deploy({ "public/robots.txt": "User-agent: *\n" });
      second = commit;
      expect(end.status, end.cause).toBe("SUCCEEDED");
      expect(await page(url)).toContain("Tea");
      await lastDeploymentState(first, "inactive");
      await lastStatus(first, { state: "success", description: "Deployed, then replaced by a newer release" });
      await lastDeploymentState(second, "success");
    },
    120_000,
  );

  it.runIf(allScenarios)(
    "whose release is rolled back is closed, and the release that serves again is active",
    async () => {
      const { exitCode, stderr } = await stage.lockstep("rollback", "--reason", "coffee is better", "--json");
      expect(exitCode, stderr).toBe(0);
      expect(await page(await stage.url())).not.toContain("Tea");
      await lastDeploymentState(second, "inactive");
      await lastStatus(second, { state: "failure", description: "Deployed, then rolled back" });
      await lastDeploymentState(first, "success");
      await lastStatus(first, { state: "success", description: "Deployed" });
    },
    120_000,
  );

  it("that fails to build shows its error and a link, and leaves the live release active", async () => {
    const broken = { [headlineFile]: `${headline("Tea")}export const = ;\n`, "public/robots.txt": "User-agent: bot\n" };
    const { commit, end } = await deploy(broken);
    expect(end).toMatchObject({ status: "FAILED", error: "BuildFailed" });
    await lastStatus(commit, {
      state: "failure",
      description: expect.stringMatching(/^BuildFailed in Build/),
      target_url: expect.stringContaining(end.executionArn),
    });
    await lastDeploymentState(commit, "failure");
    await lastDeploymentState(first, "success");
  }, 120_000);

  it("is connected again by a command, which changes the secret of the webhook", async () => {
    const connected = await stage.lockstep("github", "connect", "--rotate", "--json");
    expect(connected.exitCode, connected.stderr).toBe(0);
    expect(JSON.parse(connected.stdout)).toMatchObject({ repository, change: "updated", ping: 200 });
  }, 60_000);

  it.runIf(allScenarios)(
    "is delivered to the endpoint's new port after a restart",
    async () => {
      const { endpoint } = await stage.status();
      expect((await stage.lockstep("down")).exitCode).toBe(0);
      const other = await holdPort(Number(new URL(endpoint ?? "").port));
      try {
        const { exitCode, stdout, stderr } = await stage.up();
        expect(exitCode, stderr).toBe(0);
        expect(stdout).toContain(`Port ${other.port} is in use by another process`);
        const moved = await stage.status();
        const hooks = await list<{ config: { url: string }; last_response: { code: number } }>("hooks");
        expect(hooks).toMatchObject([{ last_response: { code: 200 } }]);
        expect(hooks[0]?.config.url).toContain(`${moved.endpoint}/`);
        await copy.git("remote", "set-url", "origin", await stage.gitUrl());
        await copy.git("rm", "--quiet", "public/robots.txt");
        const commit = await stage.push(copy, { [headlineFile]: headline("Milk") });
        await lastStatus(commit, { state: "success", description: expect.stringMatching(/^Not deployed: /) });
      } finally {
        await other.release();
      }
    },
    120_000,
  );
});
