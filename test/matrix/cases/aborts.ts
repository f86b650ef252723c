import { migration, slowBuild } from "../app.ts";
import { type Case, takenBack, untouched } from "../case.ts";
import { letRun, stop } from "../provoke.ts";

/** A person aborts the execution while a step is at work; its redrive brings the release out. */
function aborted(
  where: string,
  expected: Pick<Case, "status" | "outcome" | "serves">,
  files: () => Readonly<Record<string, string>> = () => ({}),
): Case {
  return {
    what: "a person aborts the execution",
    where,
    files,
    during: async (world, commit) => {
      await world.abort(await world.begun(commit, where));
      return Date.now();
    },
    ...expected,
    error: "Aborted",
    redrive: { status: "succeeded" },
  };
}

/** As above, in a step that is over in a moment: its function is kept from running until the execution is aborted. */
function abortedBefore(
  where: string,
  functionName: string,
  expected: Pick<Case, "status" | "outcome" | "serves">,
): Case {
  return {
    ...aborted(where, expected),
    before: (world) => stop(world, functionName),
    during: async (world, commit) => {
      await world.abort(await world.entered(commit, where));
      const began = Date.now();
      await letRun(world, functionName);
      return began;
    },
    afterwards: (world) => letRun(world, functionName),
  };
}

export const aborts: readonly Case[] = [
  aborted("Build", untouched),
  abortedBefore("Plan", "plan", untouched),
  aborted("Snapshot", untouched, () => migration("0001_more", "create table more (id int);")),
  aborted("Migrate", untouched, () =>
    migration("0002_slow", "select pg_sleep(3);\n--> statement-breakpoint\ncreate table slow (id int);"),
  ),
  aborted("Shift traffic", takenBack),
  abortedBefore("Probe", "probe", takenBack),
  aborted("Bake", takenBack),
  abortedBefore("Finish", "finish", takenBack),
  {
    what: "a person aborts a push that waits",
    where: "Acquire lock",
    before: async (world) => void (await world.push(slowBuild("sleep 8"))),
    during: async (world, commit) => {
      await world.abort(await world.begun(commit, "Acquire lock"));
      return Date.now();
    },
    status: "failed",
    error: "Aborted",
    serves: "old",
    redrive: { status: "succeeded" },
  },
];
