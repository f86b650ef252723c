import { migration, newAsset, slowBuild } from "../app.ts";
import { type Case, rolledBack, unchanged } from "../case.ts";
import { enableFunction, disableFunction } from "../faults.ts";

/** A user aborts the execution while a step is running; its redrive deploys the release. */
function aborted(
  where: string,
  expected: Pick<Case, "status" | "outcome" | "serves">,
  files: () => Readonly<Record<string, string>> = () => ({}),
): Case {
  return {
    what: "a user aborts the execution",
    where,
    files,
    during: async (world, commit) => {
      await world.abort(await world.stepStarted(commit, where));
      return Date.now();
    },
    ...expected,
    error: "Aborted",
    redrive: { status: "succeeded" },
  };
}

/** As above for a short step: its function is disabled until the execution is aborted. */
function abortedBefore(
  where: string,
  functionName: string,
  expected: Pick<Case, "status" | "outcome" | "serves">,
): Case {
  return {
    ...aborted(where, expected),
    before: (world) => disableFunction(world, functionName),
    during: async (world, commit) => {
      await world.abort(await world.stateEntered(commit, where));
      const began = Date.now();
      await enableFunction(world, functionName);
      return began;
    },
    cleanup: (world) => enableFunction(world, functionName),
  };
}

export const aborts: readonly Case[] = [
  aborted("Build", unchanged),
  abortedBefore("Plan", "plan", unchanged),
  aborted("Publish assets", unchanged, () => newAsset("aborted")),
  aborted("Snapshot", unchanged, () => migration("0001_more", "create table more (id int);")),
  aborted("Migrate", unchanged, () =>
    migration("0002_slow", "select pg_sleep(3);\n--> statement-breakpoint\ncreate table slow (id int);"),
  ),
  aborted("Shift traffic", rolledBack),
  abortedBefore("Probe", "probe", rolledBack),
  aborted("Bake", rolledBack),
  abortedBefore("Finish", "finish", rolledBack),
  {
    what: "a user aborts a push that waits for the lock",
    where: "Acquire lock",
    before: async (world) => void (await world.push(slowBuild("sleep 8"))),
    during: async (world, commit) => {
      await world.abort(await world.stepStarted(commit, "Acquire lock"));
      return Date.now();
    },
    status: "failed",
    error: "Aborted",
    serves: "old",
    redrive: { status: "succeeded" },
  },
];
