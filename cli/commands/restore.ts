import { exitCodes } from "../errors.ts";
import { followRestore, isRestored, printRestore, reportRestore } from "../follow/restore.ts";
import { findRunningCloud } from "../local/state-directory.ts";
import type { StageOptions } from "../options.ts";
import type { Clients } from "../stage/clients.ts";
import { identify } from "../stage/identity.ts";
import { assessLoss, describeLoss, describeMisfit, listSnapshots, startRestore } from "../stage/restore.ts";
import { openStage, type Stage } from "../stage/stage.ts";
import { confirm } from "../terminal/text.ts";

interface RestoreOptions extends StageOptions {
  yes?: boolean;
  withRollback?: boolean;
}

/** `lockstep restore`: reports the data loss, asks for confirmation, and restores the database from a snapshot. */
export async function restore(snapshot: string | undefined, options: RestoreOptions): Promise<void> {
  const { clients, stage } = await openStage(options, findRunningCloud());
  const { arn: by } = await identify(clients, stage);
  if (snapshot === undefined) return list(clients, stage, options);
  const json = options.json ?? false;
  const loss = await assessLoss(clients, stage, snapshot);
  const release = options.withRollback ? loss.misfit?.fitting : undefined;
  if (!json) console.log(describeLoss(loss, stage.prefix, release));
  if (loss.misfit && !release) {
    const reason = describeMisfit(loss, loss.misfit);
    if (json) console.log(JSON.stringify({ status: "refused", reason, loss }, null, 2));
    else console.error(reason);
    process.exit(exitCodes.failed);
  }
  if (!options.yes && !(await confirm(`Restore the database of ${stage.name} and accept this data loss?`, json))) {
    console.error("Not restored; production unchanged.");
    process.exit(exitCodes.failed);
  }
  const execution = await startRestore(clients, stage, { loss, by, release: release?.deployment });
  const ending = await followRestore({ clients, stage, execution, quiet: json });
  if (json) console.log(JSON.stringify(reportRestore(ending), null, 2));
  else printRestore(ending);
  if (!isRestored(ending)) process.exit(exitCodes.failed);
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
