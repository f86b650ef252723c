import { setTimeout as sleep } from "node:timers/promises";
import type { Cloud } from "#local/cloud/index.ts";
import { freePort } from "#local/kernel/index.ts";
import type { Containers } from "./containers.ts";
import { messageOf, StartFailure } from "./start-failure.ts";
import { definitionOf, taskOf, type EcsStore } from "./store.ts";
import { deregisterTargets, healthOf, registerTargets, targetsOf, type Target } from "./targets.ts";
import type { TaskChange, TaskRecord, TaskStatus } from "./task-state.ts";

export interface EngineParts {
  cloud: Cloud;
  store: EcsStore;
  containers: Containers;
}

const defaultStopSeconds = 30;
const keepStoppedMs = 60 * 60 * 1000;
const keepTokenMs = 24 * keepStoppedMs;
const pollMs = 200;
const logSeconds = 5;

export interface StepTools {
  change: (id: string, what: TaskChange) => TaskRecord;
  /** Resolves at the next change of the task. */
  changed: (id: string) => Promise<void>;
  /** Ports that were given to tasks and may not be taken yet. */
  reserved: Set<number>;
  /** Resolves when the control plane is told to stop. */
  detach: Promise<undefined>;
}

type Steps = Readonly<Record<Exclude<TaskStatus, "STOPPED">, (task: TaskRecord) => Promise<void>>>;

/** What is to be done in a state to leave it. Each may be begun again by another control plane. */
export function createSteps(parts: EngineParts, tools: StepTools): Steps {
  const { cloud, containers } = parts;
  const { change } = tools;
  return {
    async PROVISIONING({ id, desiredStatus, containers: all }) {
      const ports: Record<string, Record<string, number>> = {};
      for (const { name, ports: wanted } of all) ports[name] = await choosePorts(parts.store, tools.reserved, wanted);
      change(id, desiredStatus === "STOPPED" ? { kind: "deprovisioning" } : { kind: "provisioned", ports });
    },
    async PENDING({ id, desiredStatus }) {
      change(id, { kind: desiredStatus === "STOPPED" ? "deprovisioning" : "activating" });
    },
    ACTIVATING: (task) => activate(parts, tools, task),
    RUNNING: (task) => watch(parts, tools, task),
    async DEACTIVATING(task) {
      await drain(parts, task);
      change(task.id, { kind: "stopping" });
    },
    STOPPING: (task) => endContainers(parts, tools, task),
    async DEPROVISIONING(task) {
      const late = Promise.withResolvers<void>();
      const timer = cloud.clock.afterLimit(logSeconds, late.resolve);
      await Promise.race([containers.closeLogs(task), late.promise]);
      timer.cancel();
      change(task.id, { kind: "stopped" });
      containers.release(task);
      for (const port of task.containers.flatMap(({ ports }) => Object.values(ports))) tools.reserved.delete(port);
      containers.pruneImages();
      forgetOld(parts);
    },
  };
}

async function activate(
  { cloud, store, containers }: EngineParts,
  { change }: StepTools,
  task: TaskRecord,
): Promise<void> {
  const { id } = task;
  const hasStarted = () => task.containers.some(({ name }) => containers.processOf(task, name));
  const definition = definitionOf(store, task);
  if (task.desiredStatus === "STOPPED" || !definition)
    return void change(id, { kind: hasStarted() ? "deactivating" : "deprovisioning" });
  if (!task.containers.every(({ name }) => containers.processOf(task, name))) {
    const prepared = await containers.prepare(task, definition);
    const digests = Object.fromEntries(prepared.map(({ settings, image }) => [settings.name, image.digest]));
    const pulled = change(id, { kind: "pulled", digests });
    if (pulled.desiredStatus === "STOPPED") return;
    containers.start(pulled, definition, prepared);
  }
  containers.followLogs(task, definition);
  await registerTargets(cloud, targetsOf(task));
  if (taskOf(store, id).desiredStatus === "RUNNING") change(id, { kind: "running" });
}

/** Waits until the task is asked to stop, or a container ends. */
async function watch(
  { store, containers }: EngineParts,
  { change, changed, detach }: StepTools,
  task: TaskRecord,
): Promise<void> {
  const definition = definitionOf(store, task);
  if (definition) containers.followLogs(task, definition);
  if (task.desiredStatus === "STOPPED") return void change(task.id, { kind: "deactivating" });
  const reason = "Essential container in task exited";
  if (task.containers.some(({ essential, lastStatus }) => essential && lastStatus === "STOPPED"))
    return void change(task.id, { kind: "stop requested", code: "EssentialContainerExited", reason });
  const running = task.containers.filter(({ lastStatus }) => lastStatus === "RUNNING");
  const exits = running.map(async ({ name }) => {
    const exit = await containers.processOf(task, name)?.exited;
    return { name, exitCode: exit?.code ?? 137 };
  });
  const ended = await Promise.race([...exits, changed(task.id), detach]);
  if (ended) change(task.id, { kind: "container exited", ...ended });
}

/** Takes the task out of its target groups and lets what is under way come to its end: only then may it be told to stop. */
async function drain({ cloud, containers }: EngineParts, task: TaskRecord): Promise<void> {
  const targets = targetsOf(task);
  const isAlive = () => task.containers.some(({ name }) => containers.processOf(task, name)?.isRunning());
  await deregisterTargets(cloud, targets);
  while (isAlive() && (await isAnyLeft(cloud, targets))) await sleep(pollMs, undefined, { signal: cloud.stopping });
}

async function isAnyLeft(cloud: Cloud, targets: readonly Target[]): Promise<boolean> {
  for (const { targetGroupArn, port } of targets) if ((await healthOf(cloud, targetGroupArn)).has(port)) return true;
  return false;
}

async function endContainers(parts: EngineParts, { change, detach }: StepTools, task: TaskRecord): Promise<void> {
  const { cloud, store, containers } = parts;
  const definition = definitionOf(store, task);
  await Promise.all(
    task.containers.map(async ({ name }) => {
      const process = containers.processOf(task, name);
      if (!process) return;
      const settings = definition?.settings.containerDefinitions.find((each) => each.name === name);
      const deadline = (task.signalledAt ?? 0) + (settings?.stopTimeout ?? defaultStopSeconds) * 1000;
      process.signal("SIGTERM");
      const timer = cloud.clock.at(deadline, () => process.signal("SIGKILL"));
      const exit = await Promise.race([process.exited, detach]);
      timer.cancel();
      if (exit) change(task.id, { kind: "container exited", name, exitCode: exit.code });
    }),
  );
  change(task.id, { kind: "deprovisioning" });
}

/** A start that fails ends the task; anything else is tried again. */
export async function recover(
  { cloud }: EngineParts,
  { change, detach }: StepTools,
  { task, error }: { task: TaskRecord; error: unknown },
): Promise<void> {
  const isStarting = ["PROVISIONING", "PENDING", "ACTIVATING"].includes(task.lastStatus);
  if (!(error instanceof StartFailure))
    cloud.log("error", `Task ${task.id} in ${task.lastStatus}: ${messageOf(error)}`, { stack: Object(error).stack });
  if (isStarting && task.desiredStatus === "RUNNING") {
    const reason = error instanceof StartFailure ? error.message : `ResourceInitializationError: ${messageOf(error)}`;
    change(task.id, { kind: "stop requested", code: "TaskFailedToStart", reason });
    return;
  }
  await Promise.race([sleep(1000), detach]);
}

/** as AWS: a stopped task can be described for an hour. */
export function forgetOld({ cloud, store, containers }: EngineParts): void {
  const now = cloud.clock.now();
  for (const token of store.clientTokens.keys())
    if ((store.clientTokens.get(token)?.at ?? 0) < now - keepTokenMs) store.clientTokens.delete(token);
  for (const task of store.tasks.list()) {
    if (task.lastStatus !== "STOPPED" || (task.stoppedAt ?? 0) > now - keepStoppedMs) continue;
    containers.remove(task);
    store.tasks.delete(task.id);
  }
}

/** A free port for each that a container wants, none that another task was given and may not have taken yet. */
async function choosePorts(
  store: EcsStore,
  reserved: Set<number>,
  wanted: Readonly<Record<string, number>>,
): Promise<Record<string, number>> {
  const chosen: Record<string, number> = {};
  for (const containerPort of Object.keys(wanted)) {
    const taken = store
      .liveTasks()
      .flatMap(({ containers }) => containers.flatMap(({ ports }) => Object.values(ports)));
    let port = await freePort();
    while (reserved.has(port) || taken.includes(port)) port = await freePort();
    reserved.add(port);
    chosen[containerPort] = port;
  }
  return chosen;
}
