import { rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { writeFileAtomic } from "../../local/kernel/files.ts";
import { identityOf } from "../../local/kernel/process-identity.ts";
import { stopCloud } from "./control-plane.ts";
import { findDescribedCloud, findUpdater, type RunningCloud, stateDirectory, updaterFile } from "./state-directory.ts";
import { startLocalCloud } from "./start-cloud.ts";

const pollMs = 50;

/**
 * Replaces the control plane by one that provisions another assembly; the app, its database and the load balancer keep running.
 * as AWS: an update that fails is rolled back.
 */
export async function updateCloud(
  running: RunningCloud,
  assembly: string,
  deletedStacks: readonly string[],
): Promise<void> {
  const port = Number(new URL(running.endpoint).port);
  const { region, accountId, speed } = running;
  const start = { place: { directory: stateDirectory, region, accountId }, speed, port };
  writeFileAtomic(updaterFile(), JSON.stringify(identityOf(process.pid)));
  try {
    await stopCloud(running, "SIGHUP");
    await startLocalCloud({ ...start, assembly, deletedStacks }).catch(async (error: unknown) => {
      console.error("The update failed. Rolling back …");
      await startLocalCloud({ ...start, assembly: path.join(stateDirectory, "assembly"), deletedStacks: [] });
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${reason}\nThe update was rolled back: the stacks are as before`, { cause: error });
    });
  } finally {
    rmSync(updaterFile(), { force: true });
  }
}

/** The cloud that an update in another terminal starts in place of one that has exited; undefined if there is none. */
export async function replacement(): Promise<RunningCloud | undefined> {
  while (findUpdater()) await pause(pollMs);
  return findDescribedCloud();
}
