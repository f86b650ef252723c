import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createDriver, type Cloud } from "#local/cloud/index.ts";
import { adoptProcess, type HostedProcess } from "#local/kernel/index.ts";
import { followBuild, type FollowedBuild } from "./follow.ts";
import { authorizeSources, launch } from "./launch.ts";
import { openLogStream } from "./logs.ts";
import { killBuildProcesses } from "./processes.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import { isOver, type BuildRecord, type BuildStore } from "./store.ts";

/** Runs builds, each in a process that outlives the control plane. */
export interface Engine {
  /** Runs a build whose record was just stored. */
  begin(build: BuildRecord): void;
  stopBuild(build: BuildRecord): void;
  /** Resumes the builds that an earlier control plane started. */
  start(): void;
  /** Stops following builds without stopping them. */
  stop(): Promise<void>;
  /** Stops every build and waits until its processes have exited. */
  shutDown(): Promise<void>;
}

interface EngineDeps {
  cloud: Cloud;
  store: BuildStore;
  recorder: Recorder;
  running: Map<string, FollowedBuild>;
}

const stopGraceSeconds = 5;

export function createEngine(cloud: Cloud, store: BuildStore): Engine {
  const running = new Map<string, FollowedBuild>();
  const deps: EngineDeps = { cloud, store, recorder: createRecorder(cloud, store), running };
  const driver = createDriver({
    cloud,
    name: "builds",
    step: (id) => step(deps, id),
    failed({ key, error }) {
      cloud.log("error", "Following a build failed", { build: key, err: error });
      return undefined;
    },
  });
  const unfinished = () => store.builds.list().filter((build) => !isOver(build));
  const requestStop = ({ id }: BuildRecord) => store.builds.update(id, (now) => ({ ...now, stopRequested: true }));
  return {
    begin: ({ id }) => driver.drive(id),
    stopBuild(build) {
      const stopped = requestStop(build);
      if (stopped && stopped.offset > 0) running.get(stopped.id)?.process.signal("SIGTERM");
    },
    start: () => unfinished().forEach(({ id }) => driver.drive(id)),
    async stop() {
      for (const build of running.values()) build.release();
      await driver.settled();
    },
    async shutDown() {
      unfinished().forEach(requestStop);
      await Promise.all([...running].map(([id, { process }]) => endProcess(cloud, id, process)));
      await driver.settled();
    },
  };
}

/** Starts the runner of a build, or adopts the one that an earlier control plane started, and follows it to its end. */
async function step(deps: EngineDeps, id: string): Promise<"again" | "done"> {
  const { cloud, store, recorder, running } = deps;
  const build = store.builds.get(id);
  if (!build || isOver(build)) return "done";
  const directory = path.join(cloud.directory("codebuild"), "builds", build.uuid);
  const process = adoptProcess(directory) ?? (await provision(deps, build, directory));
  if (!process) return "again";
  if (build.stopRequested && build.offset > 0) process.signal("SIGTERM");
  const followed = followBuild({ cloud, store, recorder, directory }, build, process);
  running.set(id, followed);
  await followed.ended.finally(() => running.delete(id));
  return "again";
}

/** Undefined if the build failed or was stopped, or if the control plane is stopping: the next one provisions it again. */
async function provision(
  { cloud, store, recorder }: EngineDeps,
  build: BuildRecord,
  directory: string,
): Promise<HostedProcess | undefined> {
  const { id } = build;
  let phase: "PROVISIONING" | "DOWNLOAD_SOURCE" = "PROVISIONING";
  try {
    await openLogStream(cloud, build);
    phase = "DOWNLOAD_SOURCE";
    authorizeSources(cloud, build);
    phase = "PROVISIONING";
    const current = store.builds.get(id);
    if (!current || cloud.stopping.aborted) return undefined;
    if (current.stopRequested) {
      recorder.finishWithoutRunner(current);
      return undefined;
    }
    // Outside any project: a missing package must not be resolved from a parent directory.
    // A control plane that was killed just before the start of the runner has left an empty one.
    const workspace = current.workspace ?? mkdtempSync(path.join(tmpdir(), "lockstep-build-"));
    return launch(cloud, { ...store.builds.save({ ...current, workspace }), workspace }, directory);
  } catch (error) {
    recorder.fail(id, phase, error);
    return undefined;
  }
}

async function endProcess(cloud: Cloud, id: string, hosted: HostedProcess): Promise<void> {
  hosted.signal("SIGTERM");
  const timeout = Promise.withResolvers<void>();
  const timer = cloud.clock.afterLimit(stopGraceSeconds, timeout.resolve);
  await Promise.race([hosted.exited, timeout.promise]);
  timer.cancel();
  hosted.signal("SIGKILL");
  killBuildProcesses(id);
}
