import { rmSync } from "node:fs";
import path from "node:path";
import { storageFailure } from "../../local/kernel/storage-failure.ts";
import { stopCloud } from "../local/control-plane.ts";
import { endLeftovers } from "../local/leftovers.ts";
import { findDescribedCloud, stateDirectory } from "../local/state-directory.ts";

/** `lockstep down`: stops the local cloud and every process it started; its data stays for the next start. */
export async function down(options: { json?: boolean }): Promise<void> {
  const cloud = findDescribedCloud();
  if (cloud) await stopCloud(cloud, "SIGTERM");
  const ended = await endLeftovers();
  removeDescription();
  const stopped = cloud !== undefined || ended > 0;
  if (options.json) {
    console.log(JSON.stringify({ stopped }));
    return;
  }
  console.log(
    stopped
      ? `The local cloud has stopped. Its data stays in ${path.relative("", stateDirectory)}. Resume with lockstep up`
      : "No local cloud is running in this directory.",
  );
}

/** That of a paused, a killed or a damaged cloud. On a read-only disk it stays: its process no longer exists. */
function removeDescription(): void {
  try {
    rmSync(path.join(stateDirectory, "cloud.json"), { recursive: true, force: true });
  } catch (error) {
    if (storageFailure(error) === undefined) throw error;
  }
}
