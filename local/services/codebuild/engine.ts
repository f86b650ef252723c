import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Cloud } from "#local/cloud/index.ts";
import { adoptProcess, type HostedProcess } from "#local/kernel/index.ts";
import { followBuild, type FollowedBuild } from "./follow.ts";
import { authorizeSources, launch } from "./launch.ts";
import { createRecorder } from "./recorder.ts";
import { openLogStream } from "./logs.ts";
import { killBuildProcesses } from "./processes.ts";
import { isOver, type BuildRecord, type BuildStore } from "./store.ts";

/** Runs builds, each in a process that outlives the control plane. */
export interface Engine {
  /** Starts a build whose record was just stored. */
  begin: (build: BuildRecord) => void;
  stop: (build: BuildRecord) => void;
  /** Resumes the builds that an earlier control plane started. */
  resume: () => void;
  /** Stops following builds without stopping them. */
  detach: () => Promise<void>;
  /** Stops every build and waits until its processes have exited. */
  shutDown: () => Promise<void>;
}

const stopGraceMs = 5_000;

export function createEngine(cloud: Cloud, store: BuildStore): Engine {
  const recorder = createRecorder(cloud, store);
  const running = new Map<string, FollowedBuild>();
  const root = cloud.directory("codebuild");
  const directoryOf = ({ uuid }: BuildRecord) => path.join(root, "builds", uuid);
  const unfinished = () => store.builds.list().filter((build) => !isOver(build));

  const follow = (build: BuildRecord, process: HostedProcess) => {
    const followed = followBuild({ cloud, store, recorder, directory: directoryOf(build) }, build, process);
    running.set(build.id, followed);
    followed.over
      .catch((error: unknown) =>
        cloud.log("error", "Following a build failed", { build: build.id, error: String(error) }),
      )
      .finally(() => running.delete(build.id));
  };

  const provision = async (build: BuildRecord) => {
    try {
      await openLogStream(cloud, build);
    } catch (error) {
      return recorder.fail(build.id, "PROVISIONING", error);
    }
    try {
      authorizeSources(cloud, build);
    } catch (error) {
      return recorder.fail(build.id, "DOWNLOAD_SOURCE", error);
    }
    const current = store.builds.get(build.id);
    if (!current || cloud.stopping.aborted) return; // the next control plane starts it again
    if (current.stopRequested) return recorder.finishWithoutRunner(current);
    // Outside any project: a missing package must not be resolved from a parent directory.
    const workspace = mkdtempSync(path.join(tmpdir(), "lockstep-build-"));
    store.builds.put(build.id, { ...current, workspace });
    follow(current, launch(cloud, { ...current, workspace }, directoryOf(current)));
  };
  const begin = (build: BuildRecord) =>
    void provision(build).catch((error: unknown) => recorder.fail(build.id, "PROVISIONING", error));

  return {
    begin,
    stop(build) {
      store.builds.put(build.id, { ...build, stopRequested: true });
      if (build.offset > 0) running.get(build.id)?.process.signal("SIGTERM");
    },
    resume() {
      for (const build of unfinished()) {
        const process = adoptProcess(directoryOf(build));
        if (process) follow(build, process);
        else begin(build);
        if (build.stopRequested && build.offset > 0) process?.signal("SIGTERM");
      }
    },
    async detach() {
      await Promise.all([...running.values()].map((build) => build.release()));
    },
    async shutDown() {
      for (const build of unfinished()) store.builds.put(build.id, { ...build, stopRequested: true });
      const ending = [...running];
      await Promise.all(ending.map(([id, { process }]) => endProcess(id, process)));
      await Promise.all(ending.map(([, { over }]) => over));
    },
  };
}

async function endProcess(id: string, hosted: HostedProcess): Promise<void> {
  hosted.signal("SIGTERM");
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, stopGraceMs);
  });
  await Promise.race([hosted.exited, timeout]);
  clearTimeout(timer);
  hosted.signal("SIGKILL");
  killBuildProcesses(id);
}
