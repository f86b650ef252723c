import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Cloud } from "#local/cloud/index.ts";
import { adoptProcess, type HostedProcess } from "#local/kernel/index.ts";
import { followBuild, type FollowedBuild } from "./follow.ts";
import { authorizeSources, launch } from "./launch.ts";
import { createLedger } from "./ledger.ts";
import { openLogStream } from "./logs.ts";
import { killBuildProcesses } from "./processes.ts";
import { isOver, type BuildRecord, type BuildStore } from "./store.ts";

/** Runs builds, each in a process that goes on without us. */
export interface Engine {
  /** Takes on a build whose record was just written. */
  begin: (build: BuildRecord) => void;
  stop: (build: BuildRecord) => void;
  /** Takes up the builds of an earlier control plane. */
  resume: () => void;
  detach: () => Promise<void>;
  /** Stops every build and waits until its processes are gone. */
  end: () => Promise<void>;
}

const stopGraceMs = 5_000;

export function createEngine(cloud: Cloud, store: BuildStore): Engine {
  const ledger = createLedger(cloud, store);
  const running = new Map<string, FollowedBuild>();
  const root = cloud.directory("codebuild");
  const directoryOf = ({ uuid }: BuildRecord) => path.join(root, "builds", uuid);
  const unfinished = () => store.builds.list().filter((build) => !isOver(build));

  const follow = (build: BuildRecord, process: HostedProcess) => {
    const followed = followBuild({ cloud, store, ledger, directory: directoryOf(build) }, build, process);
    running.set(build.id, followed);
    followed.over
      .catch((error: unknown) => cloud.log("error", `Build ${build.id} was lost`, { error: String(error) }))
      .finally(() => running.delete(build.id));
  };

  const provision = async (build: BuildRecord) => {
    try {
      await openLogStream(cloud, build);
    } catch (error) {
      return ledger.fail(build.id, "PROVISIONING", error);
    }
    try {
      authorizeSources(cloud, build);
    } catch (error) {
      return ledger.fail(build.id, "DOWNLOAD_SOURCE", error);
    }
    const current = store.builds.get(build.id);
    if (!current || cloud.stopping.aborted) return; // the next control plane begins it anew
    if (current.stopRequested) return ledger.finishWithoutRunner(current);
    // Outside of any project: a package that is missing must not be found in a folder above.
    const workspace = mkdtempSync(path.join(tmpdir(), "lockstep-build-"));
    store.builds.put(build.id, { ...current, workspace });
    follow(current, launch(cloud, { ...current, workspace }, directoryOf(current)));
  };
  const begin = (build: BuildRecord) =>
    void provision(build).catch((error: unknown) => ledger.fail(build.id, "PROVISIONING", error));

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
    async end() {
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
  const impatience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, stopGraceMs);
  });
  await Promise.race([hosted.exited, impatience]);
  clearTimeout(timer);
  hosted.signal("SIGKILL");
  killBuildProcesses(id);
}
