import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { findRunningCloud, isAlive, stateDirectory } from "../local/state-directory.ts";
import { endLeftovers } from "../local/leftovers.ts";

const limitSeconds = 60;

/** `lockstep down`: ends the local cloud and all that it started; its data stays and `npm start` takes it up again. */
export async function down(options: { json?: boolean }): Promise<void> {
  const cloud = findRunningCloud();
  if (cloud) await stop(cloud.pid);
  const ended = await endLeftovers();
  const stopped = cloud !== undefined || ended > 0;
  if (options.json) {
    console.log(JSON.stringify({ stopped }));
    return;
  }
  console.log(
    stopped
      ? `The local cloud has stopped. Its data stays in ${path.relative("", stateDirectory)}; \`npm start\` goes on from there.`
      : "No local cloud runs in this folder.",
  );
}

export async function stop(pid: number): Promise<void> {
  process.kill(pid, "SIGTERM");
  const deadline = Date.now() + limitSeconds * 1000;
  while (isAlive(pid)) {
    if (Date.now() > deadline)
      throw new Error(`The local cloud (process ${pid}) did not stop within ${limitSeconds} s.`);
    await pause(50);
  }
}
