import { rmSync } from "node:fs";
import path from "node:path";
import type { Cloud } from "#local/cloud/index.ts";
import { followLines, type FollowedFile, type HostedProcess } from "#local/kernel/index.ts";
import type { Recorder } from "./recorder.ts";
import { deliverLogs } from "./logs.ts";
import { readProgress, type ProgressEntry } from "./progress.ts";
import { isOver, type BuildRecord, type BuildStore } from "./store.ts";

/** A build whose progress file is being read. */
export interface FollowedBuild {
  process: HostedProcess;
  /** Resolves when the build is over and recorded, or when it is released and what was read is recorded. */
  ended: Promise<void>;
  /** Stops reading. */
  release: () => void;
}

interface Following {
  cloud: Cloud;
  store: BuildStore;
  recorder: Recorder;
  /** The runner's directory. */
  directory: string;
}

/** Processes a runner's progress: log lines are delivered before phases are recorded, so that the log is complete when the end is announced. */
export function followBuild(
  { cloud, store, recorder, directory }: Following,
  build: BuildRecord,
  process: HostedProcess,
): FollowedBuild {
  let isReleased = false;
  let processed = Promise.resolve();
  let pending: { lines: string[]; offset: number } | undefined;
  let file: FollowedFile | undefined;
  const processPending = async () => {
    if (!pending) return;
    const { lines, offset } = pending;
    pending = undefined;
    const entries = lines.flatMap(readLine);
    await deliverLogs(cloud, build, entries);
    const isFirst = store.builds.get(build.id)?.offset === 0;
    const updated = recorder.record(build.id, entries, offset);
    // From its first entry on, the runner handles signals.
    if (isFirst && updated?.stopRequested) process.signal("SIGTERM");
    if (updated && isOver(updated)) file?.close();
  };
  file = followLines(path.join(directory, "progress.jsonl"), build.offset, (lines, offset) => {
    if (isReleased) return;
    // Lines that arrive while a batch is being delivered form the next batch.
    pending = { lines: [...(pending?.lines ?? []), ...lines], offset };
    processed = processed.then(processPending);
  });
  const released = Promise.withResolvers<void>();
  const finish = async () => {
    await Promise.race([process.exited, released.promise]);
    file.close();
    await processed;
    if (isReleased) return;
    const last = store.builds.get(build.id);
    if (last && !isOver(last)) recorder.finishWithoutRunner(last);
    // The runner may have been killed while it deleted its workspace.
    for (const folder of [directory, build.workspace])
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  };
  return {
    process,
    ended: finish(),
    release() {
      isReleased = true;
      released.resolve();
    },
  };
}

/** A killed runner may leave an incomplete line, which is skipped. */
function readLine(line: string): ProgressEntry[] {
  try {
    return [readProgress(line)];
  } catch {
    return [];
  }
}
