import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { describeFailure, showSteps } from "../../../../cli/follow/show-steps.ts";
import { stepNames } from "../../../../lambdas/core/record.ts";
import { clientsOf, entered, exited, failed, redriven, succeeded } from "../support/histories.ts";

let output: string;

beforeEach(() => {
  output = "";
  const write = (text: string | Uint8Array) => {
    output += String(text);
    return true;
  };
  vi.spyOn(process.stdout, "write").mockImplementation(write);
  vi.spyOn(process.stderr, "write").mockImplementation(write);
});

afterEach(() => vi.restoreAllMocks());

/** The lines of ended steps, without those of started ones. */
const endedSteps = () => output.split("\n").filter((line) => line !== "" && !line.startsWith("❯"));

const run = (first: number, names: readonly string[]) =>
  names.flatMap((name, index) => [entered(first + index, name), exited(first + index + 1, name)]);

test("a step that is not needed says so in plain words", async () => {
  const history = [
    ...run(
      0,
      stepNames.filter((name) => name !== "Approve" && name !== "Publish assets"),
    ),
    succeeded(20),
  ];
  await showSteps(clientsOf(history), "arn", { names: stepNames });
  expect(endedSteps()).toEqual([
    "✔ Acquire lock         1.0 s",
    "✔ Build                1.0 s",
    "✔ Plan                 1.0 s",
    "↓ Approve (not needed)",
    "↓ Publish assets (not needed)",
    "✔ Snapshot             1.0 s",
    "✔ Migrate              1.0 s",
    "✔ Verify migrations    1.0 s",
    "✔ Shift traffic        1.0 s",
    "✔ Probe                1.0 s",
    "✔ Bake                 1.0 s",
    "✔ Finish               1.0 s",
  ]);
});

test("a failure of a deployment that started over is shown at the step that failed", async () => {
  const names = ["Acquire lock", "Shift traffic", "Probe"];
  const failedProbe = [...run(0, names.slice(0, 2)), entered(2, "Probe"), failed(3, "ProbeFailed", "HTTP 500")];
  const resumed = [...failedProbe, redriven(7200)];
  const lostLock = [...resumed, exited(7201, "Probe"), ...run(7201, ["Acquire lock"]), entered(7202, "Shift traffic")];
  const end = [...lostLock, failed(7214, "ShiftFailed", "The green tasks did not start.")];
  const progress = await showSteps(clientsOf(resumed, resumed, resumed, resumed, lostLock, lostLock, end), "arn", {
    names,
  });
  expect(endedSteps()).toEqual([
    "✔ Acquire lock         1.0 s",
    "✔ Shift traffic        1.0 s",
    "✖ Probe                1.0 s   lost the lock; starting over",
    "✔ Acquire lock         1.0 s",
    "✖ Shift traffic       12.0 s",
  ]);
  expect(describeFailure(progress)).toBe("Failed at Shift traffic: ShiftFailed\nThe green tasks did not start.");
});

test("a failure keeps every line of its cause", async () => {
  const cause = `The migration failed.\nFrom the log:\n  ${"x".repeat(500)}\n  error: column "price" does not exist`;
  const history = [entered(0, "Migrate"), failed(1, "MigrationFailed", cause)];
  const progress = await showSteps(clientsOf(history), "arn", { names: ["Migrate"] });
  expect(describeFailure(progress)).toBe(`Failed at Migrate: MigrationFailed\n${cause}`);
});
