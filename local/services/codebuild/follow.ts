import { rmSync } from "node:fs";
import path from "node:path";
import type { Cloud } from "#local/cloud/index.ts";
import { followLines, type FollowedFile, type HostedProcess } from "#local/kernel/index.ts";
import type { Ledger } from "./ledger.ts";
import { deliverLogs } from "./logs.ts";
import { readProgress, type ProgressEntry } from "./progress.ts";
import { isOver, type BuildRecord, type BuildStore } from "./store.ts";

/** A build whose runner is being listened to. */
export interface FollowedBuild {
  process: HostedProcess;
  /** Resolves when the build is over and recorded. */
  over: Promise<void>;
  /** Looks no further; resolves when what was read is recorded. */
  release: () => Promise<void>;
}

interface Following {
  cloud: Cloud;
  store: BuildStore;
  ledger: Ledger;
  /** The runner's directory. */
  directory: string;
}

/** Takes in what a runner tells: first its lines go to the logs, then its phases to the record, so that who hears of the end finds the reason. */
export function followBuild(
  { cloud, store, ledger, directory }: Following,
  build: BuildRecord,
  process: HostedProcess,
): FollowedBuild {
  let released = false;
  let taken = Promise.resolve();
  let pending: { lines: string[]; offset: number } | undefined;
  let file: FollowedFile | undefined;
  const take = async () => {
    if (!pending) return;
    const { lines, offset } = pending;
    pending = undefined;
    const entries = lines.flatMap(readLine);
    await deliverLogs(cloud, build, entries);
    const isFirst = store.builds.get(build.id)?.offset === 0;
    const now = ledger.record(build.id, entries, offset);
    // Only now does the runner surely know what to do with a signal.
    if (isFirst && now?.stopRequested) process.signal("SIGTERM");
    if (now && isOver(now)) file?.close();
  };
  file = followLines(path.join(directory, "progress.jsonl"), build.offset, (lines, offset) => {
    if (released) return;
    // What comes while a batch is being delivered is the next batch.
    pending = { lines: [...(pending?.lines ?? []), ...lines], offset };
    taken = taken.then(take);
  });
  const finish = async () => {
    await process.exited;
    file.close();
    await taken;
    if (released) return;
    const last = store.builds.get(build.id);
    if (last && !isOver(last)) ledger.finishWithoutRunner(last);
    rmSync(directory, { recursive: true, force: true });
  };
  return {
    process,
    over: finish(),
    release() {
      released = true;
      file.close();
      return taken;
    },
  };
}

/** A line that a killed runner could not finish says nothing. */
function readLine(line: string): ProgressEntry[] {
  try {
    return [readProgress(line)];
  } catch {
    return [];
  }
}
