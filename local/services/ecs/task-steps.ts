import { setTimeout as sleep } from "node:timers/promises";
import type { Cloud } from "#local/cloud/index.ts";
import { freePort } from "#local/kernel/index.ts";
import type { Containers } from "./containers.ts";
import { messageOf, StartFailure } from "./start-failure.ts";
import { definitionOf, taskOf, type EcsStore } from "./store.ts";
import { deregisterTargets, healthOf, registerTargets, targetsOf, type Target } from "./targets.ts";
import type { TaskChange, TaskRecord, TaskStatus } from "./task-state.ts";

export interface EngineDeps {
  cloud: Cloud;
  store: EcsStore;
  containers: Containers;
}

const defaultStopSeconds = 30;
const stoppedTaskTtlMs = 60 * 60 * 1000;
const clientTokenTtlMs = 24 * stoppedTaskTtlMs;
const pollMs = 200;
const logFlushSeconds = 5;
const retrySeconds = 1;

export interface StepTools {
  apply: (id: string, change: TaskChange) => TaskRecord;
  /** Resolves at the next change of the task, or when the control plane is stopping. */
  pause: (id: string) => Promise<void>;
  /** Ports assigned to tasks whose processes may not listen yet. */
  reserved: Set<number>;
  /** Resolves when the control plane is stopping. */
  stopping: Promise<undefined>;
}

type Steps = Readonly<Record<Exclude<TaskStatus, "STOPPED">, (task: TaskRecord) => Promise<void>>>;

/** What to do in each state to leave it. A restarted control plane runs the step again. */
export function createSteps(deps: EngineDeps, tools: StepTools): Steps {
  const { cloud, containers } = deps;
  const { apply } = tools;
  return {
    async PROVISIONING({ id, desiredStatus, containers: all }) {
      const ports: Record<string, Record<string, number>> = {};
      for (const container of all)
        ports[container.name] = await assignPorts(deps.store, tools.reserved, Object.keys(container.ports));
      apply(id, desiredStatus === "STOPPED" ? { kind: "deprovisioning" } : { kind: "provisioned", ports });
    },
    async PENDING({ id, desiredStatus }) {
      apply(id, { kind: desiredStatus === "STOPPED" ? "deprovisioning" : "activating" });
    },
    ACTIVATING: (task) => activate(deps, tools, task),
    RUNNING: (task) => watch(deps, tools, task),
    async DEACTIVATING(task) {
      await drain(deps, task);
      apply(task.id, { kind: "stopping" });
    },
    STOPPING: (task) => endContainers(deps, tools, task),
    async DEPROVISIONING(task) {
      const timedOut = Promise.withResolvers<void>();
      const timer = cloud.clock.afterLimit(logFlushSeconds, timedOut.resolve);
      await Promise.race([containers.closeLogs(task), timedOut.promise]);
      timer.cancel();
      apply(task.id, { kind: "stopped" });
      containers.release(task);
      for (const port of task.containers.flatMap(({ ports }) => Object.values(ports))) tools.reserved.delete(port);
      containers.pruneImages();
      deleteExpired(deps);
    },
  };
}

async function activate(
  { cloud, store, containers }: EngineDeps,
  { apply }: StepTools,
  task: TaskRecord,
): Promise<void> {
  const { id } = task;
  const hasStarted = () => task.containers.some(({ name }) => containers.processOf(task, name));
  const definition = definitionOf(store, task);
  if (task.desiredStatus === "STOPPED" || !definition)
    return void apply(id, { kind: hasStarted() ? "deactivating" : "deprovisioning" });
  if (!task.containers.every(({ name }) => containers.processOf(task, name))) {
    const prepared = await containers.prepare(task, definition);
    const digests = Object.fromEntries(prepared.map(({ settings, image }) => [settings.name, image.digest]));
    const pulled = apply(id, { kind: "pulled", digests });
    if (pulled.desiredStatus === "STOPPED") return;
    containers.start(pulled, definition, prepared);
  }
  containers.followLogs(task, definition);
  await registerTargets(cloud, targetsOf(task));
  if (taskOf(store, id).desiredStatus === "RUNNING") apply(id, { kind: "running" });
}

/** Waits until a stop is requested or a container exits. */
async function watch({ store, containers }: EngineDeps, { apply, pause }: StepTools, task: TaskRecord): Promise<void> {
  const definition = definitionOf(store, task);
  if (definition) containers.followLogs(task, definition);
  if (task.desiredStatus === "STOPPED") return void apply(task.id, { kind: "deactivating" });
  const reason = "Essential container in task exited";
  if (task.containers.some(({ essential, lastStatus }) => essential && lastStatus === "STOPPED"))
    return void apply(task.id, { kind: "stop requested", code: "EssentialContainerExited", reason });
  const running = task.containers.filter(({ lastStatus }) => lastStatus === "RUNNING");
  const exits = running.map(async ({ name }) => {
    const exit = await containers.processOf(task, name)?.exited;
    return { name, exitCode: exit?.code ?? 137 };
  });
  const exited = await Promise.race([...exits, pause(task.id)]);
  if (exited) apply(task.id, { kind: "container exited", ...exited });
}

/** Deregisters the task's targets and waits until their requests have drained: only then may its processes get SIGTERM. */
async function drain({ cloud, containers }: EngineDeps, task: TaskRecord): Promise<void> {
  const targets = targetsOf(task);
  const isRunning = () => task.containers.some(({ name }) => containers.processOf(task, name)?.isRunning());
  await deregisterTargets(cloud, targets);
  while (isRunning() && (await isDraining(cloud, targets))) await sleep(pollMs, undefined, { signal: cloud.stopping });
}

async function isDraining(cloud: Cloud, targets: readonly Target[]): Promise<boolean> {
  for (const { targetGroupArn, port } of targets) if ((await healthOf(cloud, targetGroupArn)).has(port)) return true;
  return false;
}

async function endContainers(deps: EngineDeps, { apply, stopping }: StepTools, task: TaskRecord): Promise<void> {
  const { cloud, store, containers } = deps;
  const definition = definitionOf(store, task);
  await Promise.all(
    task.containers.map(async ({ name }) => {
      const process = containers.processOf(task, name);
      if (!process) return;
      const settings = definition?.settings.containerDefinitions.find((each) => each.name === name);
      const deadline = (task.signalledAt ?? 0) + (settings?.stopTimeout ?? defaultStopSeconds) * 1000;
      process.signal("SIGTERM");
      const timer = cloud.clock.at(deadline, () => process.signal("SIGKILL"));
      const exit = await Promise.race([process.exited, stopping]);
      timer.cancel();
      if (exit) apply(task.id, { kind: "container exited", name, exitCode: exit.code });
    }),
  );
  apply(task.id, { kind: "deprovisioning" });
}

/** A failed start stops the task; any other failed step is retried. Returns the seconds until the next attempt. */
export function recover(
  { cloud }: EngineDeps,
  apply: StepTools["apply"],
  { task, error }: { task: TaskRecord; error: unknown },
): number {
  const isStarting = ["PROVISIONING", "PENDING", "ACTIVATING"].includes(task.lastStatus);
  if (!(error instanceof StartFailure))
    cloud.log("error", "Task step failed", {
      task: task.id,
      status: task.lastStatus,
      error: messageOf(error),
      stack: Object(error).stack,
    });
  if (isStarting && task.desiredStatus === "RUNNING") {
    const reason = error instanceof StartFailure ? error.message : `ResourceInitializationError: ${messageOf(error)}`;
    apply(task.id, { kind: "stop requested", code: "TaskFailedToStart", reason });
    return 0;
  }
  return retrySeconds;
}

/** as AWS: a stopped task can be described for an hour. */
export function deleteExpired({ cloud, store, containers }: EngineDeps): void {
  const now = cloud.clock.now();
  for (const token of store.clientTokens.keys())
    if ((store.clientTokens.get(token)?.at ?? 0) < now - clientTokenTtlMs) store.clientTokens.delete(token);
  for (const task of store.tasks.list()) {
    if (task.lastStatus !== "STOPPED" || (task.stoppedAt ?? 0) > now - stoppedTaskTtlMs) continue;
    containers.remove(task);
    store.tasks.delete(task.id);
  }
}

/** A free host port for each container port, none that is assigned to another task. */
async function assignPorts(
  store: EcsStore,
  reserved: Set<number>,
  containerPorts: readonly string[],
): Promise<Record<string, number>> {
  const assigned: Record<string, number> = {};
  for (const containerPort of containerPorts) {
    const inUse = store
      .liveTasks()
      .flatMap(({ containers }) => containers.flatMap(({ ports }) => Object.values(ports)));
    let port = await freePort();
    while (reserved.has(port) || inUse.includes(port)) port = await freePort();
    reserved.add(port);
    assigned[containerPort] = port;
  }
  return assigned;
}
