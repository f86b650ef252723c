import { setTimeout as pause } from "node:timers/promises";
import type { LossWindow, RestoreRecord } from "../../lambdas/restore/record.ts";
import { exitCodes } from "../errors.ts";
import { describeFailure, pollMilliseconds } from "../follow/show-steps.ts";
import { findRunningCloud } from "../local/state-directory.ts";
import type { StageOptions } from "../options.ts";
import type { Clients } from "../stage/clients.ts";
import { identify } from "../stage/identity.ts";
import { executionProgress, type ExecutionProgress } from "../stage/progress.ts";
import { assessLoss, describeLoss, listSnapshots, readRestore, startRestore } from "../stage/restore.ts";
import { openStage, type Stage } from "../stage/stage.ts";
import { confirm } from "../terminal/text.ts";

interface RestoreOptions extends StageOptions {
  yes?: boolean;
}

/** `lockstep restore`: reports the data loss, asks for confirmation, and restores the database from a snapshot. */
export async function restore(snapshot: string | undefined, options: RestoreOptions): Promise<void> {
  const { clients, stage } = await openStage(options.stage, findRunningCloud());
  const { arn: by } = await identify(clients, stage);
  if (snapshot === undefined) return list(clients, stage, options);
  const json = options.json ?? false;
  const loss = await assessLoss(clients, stage, snapshot);
  if (!json) console.log(describeLoss(loss, stage.prefix));
  if (!options.yes && !(await confirm(`Restore the database of ${stage.name} and accept this data loss?`, json))) {
    console.error("Not restored; production unchanged.");
    process.exit(exitCodes.failed);
  }
  const execution = await startRestore(clients, stage, { loss, by });
  const progress = await follow({ clients, stage, execution, quiet: json });
  const record = await readRestore(clients, stage, execution);
  if (json) console.log(JSON.stringify(report({ execution, loss, progress, record }), null, 2));
  else printEnd({ execution, loss, progress, record });
  if (progress.status !== "SUCCEEDED") process.exit(exitCodes.failed);
}

async function list(clients: Clients, stage: Stage, { json }: RestoreOptions): Promise<void> {
  const snapshots = await listSnapshots(clients, stage);
  if (json) return console.log(JSON.stringify(snapshots, null, 2));
  if (snapshots.length === 0) console.log(`There are no snapshots of ${stage.prefix}.`);
  for (const { snapshot, status, takenAt, deployment } of snapshots) {
    const owner = deployment
      ? `commit ${deployment.commit.slice(0, 8)}, ${deployment.status}`
      : "not taken by a known deployment";
    console.log(`${snapshot}  ${takenAt ?? status}  ${owner}`);
  }
}

interface Followed {
  clients: Clients;
  stage: Stage;
  execution: string;
  quiet: boolean;
}

/** Prints each step as it starts, and what it waits for, until the execution ends. */
async function follow({ clients, stage, execution, quiet }: Followed): Promise<ExecutionProgress> {
  const printed = new Set<string>();
  const print = (line: string) => {
    if (!printed.has(line) && !quiet) console.log(line);
    printed.add(line);
  };
  for (; ; await pause(pollMilliseconds(clients))) {
    const progress = await executionProgress(clients, execution);
    for (const { name } of progress.steps) print(name);
    if (progress.status !== "RUNNING") return progress;
    const waitsFor = (await readRestore(clients, stage, execution))?.waitsFor;
    if (waitsFor !== undefined) print(`  ${waitsFor}`);
  }
}

interface End {
  execution: string;
  loss: LossWindow;
  progress: ExecutionProgress;
  record: RestoreRecord | undefined;
}

function report({ execution, loss, progress, record }: End) {
  const restored = progress.status === "SUCCEEDED";
  const { error = null, cause = null, steps } = progress;
  return {
    status: restored ? "restored" : "failed",
    execution,
    loss,
    keptInstance: record?.keptInstance ?? null,
    steps: steps.map(({ name, startedAt, endedAt = null }) => ({ name, startedAt, endedAt })),
    ...(restored ? {} : { error, cause, databases: describeDatabases(record) }),
  };
}

function printEnd({ execution, loss, progress, record }: End): void {
  if (progress.status === "SUCCEEDED") {
    console.log(`Restored from ${loss.snapshot}. The previous database is kept as ${record?.keptInstance}.`);
    return;
  }
  console.error(describeFailure(progress));
  console.error(
    `${describeDatabases(record)}\nAfter fixing the cause, run: aws stepfunctions redrive-execution --execution-arn ${execution}\nUntil then deployments wait; to let them continue without the restore, run: lockstep unlock`,
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
