import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { WorkingCopy } from "../support/git.ts";
import { type ExecutionEnd, startStage, type Stage } from "../support/stage.ts";

const repository = "acme/storefront";
const connectionArn = "arn:aws:codeconnections:eu-central-1:123456789012:connection/0a1b2c3d";
let stage: Stage;
let copy: WorkingCopy;

beforeAll(async () => {
  stage = await startStage({ source: { github: { repository, connectionArn } }, changes: { paths: ["**", "!*.md"] } });
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
  const { gitUrl } = await stage.status();
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

describe("a push to GitHub", () => {
  let first: string;

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
    expect(steps).toEqual(expect.arrayContaining(["Build (2 of 11)", "Shift traffic (8 of 11)"]));
    const { environment, states, url: shown } = await deploymentOf(commit);
    expect(environment).toBe("production");
    expect(states.at(-1)).toBe("success");
    expect(states).toContain("in_progress");
    expect(shown).toBe(new URL(url).origin);
  }, 120_000);

  it("that changes only the README is skipped, and its commit says why", async () => {
    const commit = await stage.push(copy, { "README.md": "Changed\n" });
    const reason = `Not deployed: No change since the live release (${first.slice(0, 8)}) matches **, !*.md.`;
    await lastStatus(commit, { state: "success", description: reason });
    expect((await stage.status()).live?.commit).toBe(first);
  }, 60_000);

  it("that fails to build shows its error and a link, and leaves the live release active", async () => {
    const file = "src/headline.ts";
    const broken = `${readFileSync(path.join(copy.directory, file), "utf8")}\nexport const = ;\n`;
    const { commit, end } = await deploy({ [file]: broken });
    expect(end).toMatchObject({ status: "FAILED", error: "BuildFailed" });
    await lastStatus(commit, {
      state: "failure",
      description: expect.stringMatching(/^BuildFailed in Build/),
      target_url: expect.stringContaining(end.executionArn),
    });
    expect((await deploymentOf(commit)).states.at(-1)).toBe("failure");
    expect((await deploymentOf(first)).states.at(-1)).toBe("success");
  }, 120_000);

  it("is connected again by a command, which changes the secret of the webhook", async () => {
    const connected = await stage.lockstep("github", "connect", "--rotate", "--json");
    expect(connected.exitCode, connected.stderr).toBe(0);
    expect(JSON.parse(connected.stdout)).toMatchObject({ repository, change: "updated", ping: 200 });
  }, 60_000);
});
