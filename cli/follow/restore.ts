import { setTimeout as pause } from "node:timers/promises";
import type { RestoreRecord } from "../../lambdas/restore/record.ts";
import type { Clients } from "../stage/clients.ts";
import { executionProgress, type ExecutionProgress } from "../stage/progress.ts";
import { readRestore } from "../stage/restore.ts";
import type { Stage } from "../stage/stage.ts";
import { describeFailure, pollMilliseconds } from "./show-steps.ts";

interface Followed {
  clients: Clients;
  stage: Stage;
  execution: string;
  quiet: boolean;
}

/** How a restore ended. */
export interface RestoreEnding {
  execution: string;
  progress: ExecutionProgress;
  record: RestoreRecord | undefined;
}

/** Prints each step as it starts, and what it waits for, until the execution ends. */
export async function followRestore({ clients, stage, execution, quiet }: Followed): Promise<RestoreEnding> {
  const printed = new Set<string>();
  const print = (line: string) => {
    if (!printed.has(line) && !quiet) console.log(line);
    printed.add(line);
  };
  for (; ; await pause(pollMilliseconds(clients))) {
    const progress = await executionProgress(clients, execution);
    for (const { name } of progress.steps) print(name);
    const record = await readRestore(clients, stage, execution);
    if (progress.status !== "RUNNING") return { execution, progress, record };
    if (record?.waitsFor !== undefined) print(`  ${record.waitsFor}`);
  }
}

export function isRestored({ progress }: RestoreEnding): boolean {
  return progress.status === "SUCCEEDED";
}

/** What `--json` prints. */
export function reportRestore(ending: RestoreEnding) {
  const { execution, progress, record } = ending;
  const { error = null, cause = null, steps } = progress;
  return {
    status: isRestored(ending) ? "restored" : "failed",
    execution,
    loss: record?.loss ?? null,
    keptInstance: record?.keptInstance ?? null,
    rolledBackTo: record?.to?.deployment ?? null,
    steps: steps.map(({ name, startedAt, endedAt = null }) => ({ name, startedAt, endedAt })),
    ...(isRestored(ending) ? {} : { error, cause, databases: describeDatabases(record) }),
  };
}

export function printRestore(ending: RestoreEnding): void {
  const { execution, progress, record } = ending;
  if (isRestored(ending)) {
    const live = record?.to ? ` Release ${record.to.commit.slice(0, 8)} is live.` : "";
    console.log(`Restored from ${record?.snapshot}.${live} The previous database is kept as ${record?.keptInstance}.`);
    return;
  }
  console.error(describeFailure(progress));
  console.error(describeDatabases(record));
  // Before it holds the lock, a restore has changed nothing and keeps nothing from the stage.
  if (record?.generation === undefined) return;
  console.error(
    `After fixing the cause, run: lockstep redrive ${execution.split(":").at(-1)}\nUntil then deployments wait. To let them continue without the restore, run: lockstep unlock`,
  );
}

/** Which database is live after a failed restore. */
function describeDatabases(record: RestoreRecord | undefined): string {
  if (record?.keptInstance !== undefined)
    return `The restored database is live; the previous one is kept as ${record.keptInstance}.`;
  if (record?.steps["Swap databases"])
    return "The swap had started: the live database may already have been renamed. Nothing is deleted; a redrive completes the swap.";
  return "The previous database is unchanged and still live.";
}
