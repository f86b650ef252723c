import { createInterface } from "node:readline/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { LossWindow, RestoreRecord } from "../../lambdas/restore/record.ts";
import { type Clients, createClients } from "../stage/clients.ts";
import { executionProgress, type ExecutionProgress } from "../follow/progress.ts";
import { exitCodes, UsageError } from "../errors.ts";
import type { Stage } from "../stage/stage.ts";
import type { StageOptions } from "../program.ts";
import { assessLoss, listSnapshots, readRestore, startRestore } from "../stage/restore.ts";
import { loadStage } from "../stage/running-stage.ts";
import { tellLoss } from "../stage/loss-window.ts";

interface RestoreOptions extends StageOptions {
  yes?: boolean;
}

const pollMilliseconds = 500;

/** `lockstep restore`: states what is lost, asks, and follows the machine that brings the database back to a snapshot. */
export async function restore(snapshot: string | undefined, options: RestoreOptions): Promise<void> {
  const clients = createClients();
  const stage = await loadStage(options.stage);
  if (snapshot === undefined) return list(clients, stage, options);
  const loss = await assessLoss(clients, stage, snapshot);
  if (!options.json) console.log(tellLoss(loss, stage.prefix));
  if (!options.yes && !(await agrees(stage, options))) {
    console.error("Nothing was changed.");
    process.exit(exitCodes.failed);
  }
  const execution = await startRestore(clients, stage, loss);
  const progress = await follow({ clients, stage, execution, quiet: options.json ?? false });
  const record = await readRestore(clients, stage, execution);
  if (options.json) console.log(JSON.stringify(report({ execution, loss, progress, record }), null, 2));
  else tellEnd({ execution, loss, progress, record });
  if (progress.status !== "SUCCEEDED") process.exit(exitCodes.failed);
}

async function list(clients: Clients, stage: Stage, { json }: RestoreOptions): Promise<void> {
  const snapshots = await listSnapshots(clients, stage);
  if (json) return console.log(JSON.stringify(snapshots, null, 2));
  if (snapshots.length === 0) console.log(`There are no snapshots of ${stage.prefix}.`);
  for (const { snapshot, status, takenAt, deployment } of snapshots) {
    const owner = deployment
      ? `commit ${deployment.commit.slice(0, 8)}, ${deployment.status}`
      : "no deployment of ours";
    console.log(`${snapshot}  ${takenAt ?? status}  ${owner}`);
  }
}

/** Asks on a terminal; nobody agrees by accident in a script. */
async function agrees({ name }: Stage, { json }: RestoreOptions): Promise<boolean> {
  if (json || !process.stdin.isTTY || !process.stdout.isTTY) {
    throw new UsageError(
      "A restore loses what was written since the snapshot, and nobody can be asked here: run it on a terminal, or agree with --yes.",
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`Restore the database of ${name} and lose that? [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

interface Followed {
  clients: Clients;
  stage: Stage;
  execution: string;
  quiet: boolean;
}

/** Tells each step as it begins, and what it waits for, until the execution has ended. */
async function follow({ clients, stage, execution, quiet }: Followed): Promise<ExecutionProgress> {
  const told = new Set<string>();
  const tell = (line: string) => {
    if (!told.has(line) && !quiet) console.log(line);
    told.add(line);
  };
  for (; ; await pause(pollMilliseconds)) {
    const progress = await executionProgress(clients, execution);
    for (const { name } of progress.steps) tell(name);
    if (progress.status !== "RUNNING") return progress;
    const waitsFor = (await readRestore(clients, stage, execution))?.waitsFor;
    if (waitsFor !== undefined) tell(`  ${waitsFor}`);
  }
}

interface Ended {
  execution: string;
  loss: LossWindow;
  progress: ExecutionProgress;
  record: RestoreRecord | undefined;
}

function report({ execution, loss, progress, record }: Ended) {
  const restored = progress.status === "SUCCEEDED";
  const { error = null, cause = null, steps } = progress;
  return {
    status: restored ? "restored" : "failed",
    execution,
    loss,
    keptInstance: record?.keptInstance ?? null,
    steps: steps.map(({ name, startedAt, endedAt = null }) => ({ name, startedAt, endedAt })),
    ...(restored ? {} : { error, cause, stands: whatStands(record) }),
  };
}

function tellEnd({ execution, loss, progress, record }: Ended): void {
  if (progress.status === "SUCCEEDED") {
    console.log(`Restored to ${loss.snapshot}. The database that was live is kept as ${record?.keptInstance}.`);
    return;
  }
  const at = progress.steps.at(-1)?.name ?? "the start";
  console.error(
    `${progress.status} at ${at}: ${progress.error ?? "no error was told"}\n${progress.cause ?? ""}`.trim(),
  );
  console.error(
    `${whatStands(record)}\nGo on with: aws stepfunctions redrive-execution --execution-arn ${execution}\nUntil it has ended well nobody deploys; \`lockstep unlock\` ends that.`,
  );
}

/** What is true of the databases after a restore that failed. */
export function whatStands(record: RestoreRecord | undefined): string {
  if (record?.keptInstance !== undefined)
    return `The restored database is live; the one that was live before is kept as ${record.keptInstance}.`;
  if (record?.steps["Swap databases"])
    return "The swap had begun: the live database may already be put aside. A redrive goes on with it; nothing is deleted.";
  return "The database that was live is untouched and still live.";
}
