import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { startEventCloud } from "#test/support/killed-cloud.ts";

const directory = mkdtempSync(path.join(tmpdir(), "lockstep-kill-"));
const program = path.resolve(import.meta.dirname, "../support/killed-cloud.ts");
const taken = path.join(directory, "taken.txt");
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const linesOf = (file: string) => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []);

/** Lets the control plane take some events, then kills it in the midst of its work. */
async function killAfter(round: number, count: number): Promise<void> {
  const child = spawn(process.execPath, [program, directory, String(round)], { stdio: "inherit" });
  const exited = once(child, "exit");
  const mine = () => linesOf(taken).filter((line) => line.startsWith(`${round}-`)).length;
  await vi.waitFor(() => expect(mine()).toBeGreaterThanOrEqual(count), { timeout: 15_000, interval: 5 });
  child.kill("SIGKILL");
  await exited;
}

it("loses no event and no execution to kill -9", async () => {
  for (const [round, count] of [3, 8, 14, 21].entries()) await killAfter(round, count);
  const numbers = linesOf(taken);
  expect(numbers.length).toBeGreaterThanOrEqual(46);
  const { local, stateMachineArn } = await startEventCloud(path.join(directory, "cloud"));
  const { cloud } = local;
  const as = { as: { service: "sfn" } } as const;
  const list = async () =>
    (await cloud.call("sfn", "listExecutions", { stateMachineArn, maxResults: 1000 }, as)).executions ?? [];
  await vi.waitFor(
    async () => {
      expect(cloud.store.collection("eventbridge.outbox").keys()).toEqual([]);
      expect((await list()).filter(({ status }) => status === "RUNNING")).toEqual([]);
    },
    { timeout: 15_000, interval: 50 },
  );
  const executions = await list();
  expect(new Set(executions.map(({ status }) => status))).toEqual(new Set(["SUCCEEDED"]));
  const outputs = executions.map(async ({ executionArn = "" }) => {
    const { output = "" } = await cloud.call("sfn", "describeExecution", { executionArn }, as);
    return (JSON.parse(output) as { n: string }).n;
  });
  const ended = new Set(await Promise.all(outputs));
  expect(numbers.filter((number) => !ended.has(number))).toEqual([]);
  await local.stop();
}, 90_000);
