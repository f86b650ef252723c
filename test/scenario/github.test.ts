import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WorkingCopy } from "../support/git.ts";
import { type ExecutionEnd, startStage, type Stage } from "../support/stage.ts";

const repository = "acme/storefront";
const connectionArn = "arn:aws:codeconnections:eu-central-1:123456789012:connection/0a1b2c3d";
let stage: Stage;
let copy: WorkingCopy;

beforeAll(async () => {
  stage = await startStage({
    source: { github: { repository, connectionArn } },
    changes: { paths: ["**", "!*.md"] },
  });
  const connected = await stage.lockstep("github", "connect", "--json");
  expect(connected.exitCode, connected.stderr).toBe(0);
  expect(JSON.parse(connected.stdout)).toMatchObject({ repository, change: "created", ping: 200 });
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

describe("a push to GitHub", () => {
  it("deploys the storefront", async () => {
    const { end } = await deploy({});
    expect(end.status, end.cause).toBe("SUCCEEDED");
    const { url, live } = await stage.status();
    expect((await fetch(url)).status).toBe(200);
    expect(live?.commit).toBe(await copy.git("rev-parse", "HEAD"));
  }, 120_000);
});
