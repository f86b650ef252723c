import { rmSync } from "node:fs";
import type { Cloud } from "#local/cloud/index.ts";
import { phaseChange, stateChange } from "./events.ts";
import { killBuildProcesses } from "./processes.ts";
import type { PhaseType, ProgressEntry } from "./progress.ts";
import { applyProgress, isOver, type BuildRecord, type BuildStore } from "./store.ts";

/** Records the progress of builds and emits their events in the same transaction. */
export interface Recorder {
  record: (id: string, entries: readonly ProgressEntry[], offset?: number) => BuildRecord | undefined;
  /** Fails a build whose runner could not be started, in the given phase. */
  fail: (id: string, phase: PhaseType, error: unknown) => void;
  /** Ends a build whose runner exited without reporting a status, or was never started. */
  finishWithoutRunner: (build: BuildRecord) => void;
}

export function createRecorder(cloud: Cloud, store: BuildStore): Recorder {
  const record = (id: string, entries: readonly ProgressEntry[], offset?: number) =>
    cloud.store.transaction(() => {
      let build = store.builds.get(id);
      for (const entry of entries) {
        const before = build;
        build = build && applyProgress(build, entry);
        if (before && build) emitChanges(cloud, before, build);
      }
      if (build) store.builds.save({ ...build, offset: offset ?? build.offset });
      return build;
    });
  return {
    record,
    fail(id, phase, error) {
      const at = cloud.clock.now();
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      const statusCode = name === "AccessDeniedException" ? "ACCESS_DENIED" : "CLIENT_ERROR";
      record(id, [
        ...(phase === "PROVISIONING" ? [] : [{ kind: "phase", at, phase } as const]),
        { kind: "phase-end", at, status: "FAILED", context: { statusCode, message } },
        { kind: "done", at, status: "FAILED" },
      ]);
    },
    finishWithoutRunner({ id, workspace, stopRequested }) {
      killBuildProcesses(id);
      if (workspace) rmSync(workspace, { recursive: true, force: true });
      const at = cloud.clock.now();
      const status = stopRequested ? "STOPPED" : "FAULT";
      const context = stopRequested
        ? { statusCode: "BUILD_STOPPED", message: "Build was stopped" }
        : { statusCode: "INTERNAL_SERVICE_ERROR", message: "The build process exited unexpectedly." };
      record(id, [
        { kind: "phase-end", at, status, context },
        { kind: "done", at, status },
      ]);
    },
  };
}

function emitChanges(cloud: Cloud, before: BuildRecord, after: BuildRecord): void {
  for (const [index, phase] of after.phases.entries()) {
    const hasJustEnded = phase.endedAt !== undefined && before.phases[index]?.endedAt === undefined;
    if (hasJustEnded) cloud.emit(phaseChange(after, phase));
  }
  if (!isOver(before) && isOver(after)) cloud.emit(stateChange(after));
}
