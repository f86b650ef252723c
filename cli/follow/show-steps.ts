import { Listr, ListrLogger } from "listr2";
import { setTimeout as pause } from "node:timers/promises";
import type { Clients } from "../stage/clients.ts";
import { cleanLines } from "../terminal/text.ts";
import { currentStepName, executionProgress, type ExecutionProgress, type StepProgress } from "../stage/progress.ts";

/** Step Functions throttles calls per account; the local cloud does not. */
export function pollMilliseconds({ local }: Pick<Clients, "local">): number {
  return local ? 200 : 2_000;
}

export interface ShownSteps {
  names: readonly string[];
  /** What the current step waits for. */
  readWait?: () => Promise<string | undefined>;
  check?: Check;
}

/** Throws if the command must not wait for the end. */
type Check = (progress: ExecutionProgress) => Promise<void>;

/** Shows an execution step by step until it ends, whatever its outcome. */
export async function showSteps(
  clients: Clients,
  execution: string,
  { names, readWait, check }: ShownSteps,
): Promise<ExecutionProgress> {
  let progress = await executionProgress(clients, execution);
  const poll = async () => {
    progress = await executionProgress(clients, execution);
    await check?.(progress);
    return progress;
  };
  for (let pass = passesOf(progress, names).length; ; pass += 1) {
    const tasks = names.map((name) => ({
      title: name,
      task: async (_context: unknown, task: ShownTask) => {
        while (!showStep(task, { name, names, pass, progress: await poll() })) {
          const wait = cleanLines((await readWait?.()) ?? "");
          if (wait !== (task.output ?? "")) task.output = wait;
          await pause(pollMilliseconds(clients));
        }
      },
    }));
    await new Listr(tasks, rendering()).run().catch((error: unknown) => {
      // A failed step has been shown as such; an error of the poll is not the step's.
      if (!(error instanceof StepEnded)) throw error;
    });
    if (passesOf(progress, names).length <= pass) return progress;
  }
}

/** The same without output. */
export async function awaitEnd(clients: Clients, execution: string, check?: Check): Promise<ExecutionProgress> {
  for (; ; await pause(pollMilliseconds(clients))) {
    const progress = await executionProgress(clients, execution);
    await check?.(progress);
    if (progress.status !== "RUNNING") return progress;
  }
}

const endings = {
  RUNNING: "Running",
  SUCCEEDED: "Succeeded",
  FAILED: "Failed",
  TIMED_OUT: "Timed out",
  ABORTED: "Aborted",
};

export function describeFailure(progress: ExecutionProgress): string {
  const { status, error = "no error reported", cause = "" } = progress;
  return `${endings[status]} at ${currentStepName(progress)}: ${error}\n${cause}`.trim();
}

interface ShownTask {
  title: string;
  output?: string;
  skip(message: string): void;
}

interface Shown {
  name: string;
  names: readonly string[];
  pass: number;
  progress: ExecutionProgress;
}

/** The step failed, or it lost the lock and the machine starts over. */
class StepEnded extends Error {
  override readonly name = "StepEnded";
}

const hints: Readonly<Record<string, string>> = { Approve: "run lockstep approve or lockstep reject" };

/** Brings a step's line up to date. Returns whether the step is over. */
function showStep(task: ShownTask, { name, names, pass, progress }: Shown): boolean {
  const passes = passesOf(progress, names);
  const steps = passes[pass - 1] ?? [];
  const startsOver = passes.length > pass;
  const isRunning = progress.status === "RUNNING" && !startsOver;
  const isDone = progress.status === "SUCCEEDED" && !startsOver;
  const step = steps.find((candidate) => candidate.name === name);
  const later = names.slice(names.indexOf(name) + 1);
  if (step) {
    const hint = startsOver ? "lost the lock; starting over" : isRunning ? (hints[name] ?? "") : "";
    task.title = `${name.padEnd(17)} ${seconds(step)}   ${step === steps.at(-1) ? hint : ""}`.trimEnd();
    if (isDone || step !== steps.at(-1)) return true;
  } else if (isDone || steps.some((candidate) => later.includes(candidate.name))) {
    task.title = `${name} (not needed)`;
    task.skip(task.title);
    return true;
  }
  if (!isRunning) throw new StepEnded(startsOver ? "started over" : progress.status); // Listr shows no failure without a message
  return false;
}

/** The steps of each pass through the machine: an execution that loses the lock starts over at an earlier step. */
function passesOf({ steps }: ExecutionProgress, names: readonly string[]): StepProgress[][] {
  const passes: StepProgress[][] = [[]];
  for (const step of steps) {
    const previous = passes.at(-1)?.at(-1);
    if (previous && names.indexOf(step.name) < names.indexOf(previous.name)) passes.push([]);
    passes.at(-1)?.push(step);
  }
  return passes;
}

function seconds({ startedAt, endedAt = new Date() }: StepProgress): string {
  return `${((endedAt.getTime() - startedAt.getTime()) / 1000).toFixed(1).padStart(6)} s`;
}

/** Without Listr's own suffixes, as in `[SKIPPED: …]`: the title says it. */
class PlainLogger extends ListrLogger {
  override log(...[level, message, options]: Parameters<ListrLogger["log"]>): void {
    super.log(level, message, level === "SKIPPED" || level === "FAILED" ? undefined : options);
  }
}

const rendering = () =>
  ({
    concurrent: false,
    registerSignalListeners: false,
    rendererOptions: { collapseSkips: true, collapseErrors: false, showErrorMessage: false },
    fallbackRenderer: "simple",
    fallbackRendererOptions: { logger: new PlainLogger({ useIcons: true, toStderr: ["FAILED"] }) },
  }) as const;
