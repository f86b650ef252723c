import type { TaskStopCode } from "@aws-sdk/client-ecs";
import type { Cloud } from "#local/cloud/index.ts";
import { taskStateChange } from "./events.ts";
import { definitionOf, taskOf } from "./store.ts";
import type { TaskDefinitionRecord } from "./task-definition.ts";
import { applyChange, type TaskChange, type TaskRecord } from "./task-state.ts";
import { createSteps, forgetOld, recover, type EngineParts, type StepTools } from "./task-steps.ts";

type NewTask = Pick<
  TaskRecord,
  "cluster" | "group" | "network" | "loadBalancers" | "overrides" | "tags" | "startedBy" | "taskSet"
>;

/** Leads each task from state to state. What a step does is in the store before it is done, so that another control plane can go on. */
export interface TaskEngine {
  run(definition: TaskDefinitionRecord, request: NewTask): TaskRecord;
  /** Asks a task to stop. The first reason is the one that is told. */
  stop(id: string, code: TaskStopCode, reason: string): void;
  markSteady(id: string): void;
  /** Called with every task that changed its state. */
  onChange(listener: (task: TaskRecord) => void): void;
  /** Takes up the tasks of an earlier control plane. */
  resume(): void;
  /** Resolves when nothing is under way any more, after the control plane was told to stop. */
  settled(): Promise<void>;
  /** Ends all processes. */
  shutDown(): Promise<void>;
}

const shutDownSeconds = 10;

export function createTaskEngine(parts: EngineParts): TaskEngine {
  const { cloud, store, containers } = parts;
  const driven = new Map<string, Promise<void>>();
  const waiting = new Map<string, PromiseWithResolvers<void>>();
  const listeners: ((task: TaskRecord) => void)[] = [];

  const change = (id: string, what: TaskChange): TaskRecord => {
    cloud.stopping.throwIfAborted();
    const task = store.transaction(() => {
      const before = taskOf(store, id);
      const after = applyChange(before, what, cloud.clock.now());
      if (after === before) return before;
      store.tasks.put(id, after);
      if (what.kind !== "pulled") cloud.emit(taskStateChange(cloud, after, definitionOf(store, after)));
      return after;
    });
    waiting.get(id)?.resolve();
    for (const listener of listeners) listener(task);
    return task;
  };
  const changed = (id: string): Promise<void> => {
    const waiter = waiting.get(id) ?? Promise.withResolvers<void>();
    waiting.set(id, waiter);
    return waiter.promise.finally(() => waiting.delete(id));
  };
  const tools: StepTools = { change, changed, reserved: new Set<number>(), detach: aborted(cloud) };
  const begin = (id: string) => {
    const ended = drive(parts, tools, id).finally(() => driven.delete(id));
    driven.set(id, ended);
  };
  return {
    run(definition, request) {
      const task = newTask(cloud, definition, request);
      store.transaction(() => {
        store.tasks.put(task.id, task);
        cloud.emit(taskStateChange(cloud, task, definition));
      });
      begin(task.id);
      return task;
    },
    stop(id, code, reason) {
      if (taskOf(store, id).lastStatus !== "STOPPED") change(id, { kind: "stop requested", code, reason });
    },
    markSteady(id) {
      const task = taskOf(store, id);
      if (!task.wasSteady) store.tasks.put(id, { ...task, wasSteady: true });
    },
    onChange: (listener) => void listeners.push(listener),
    resume() {
      for (const { id } of store.liveTasks()) begin(id);
      forgetOld(parts);
      containers.pruneImages();
    },
    settled: async () => void (await Promise.allSettled(driven.values())),
    async shutDown() {
      await Promise.allSettled(driven.values());
      await Promise.all(store.liveTasks().map((task) => endNow(parts, task)));
    },
  };
}

async function drive(parts: EngineParts, tools: StepTools, id: string): Promise<void> {
  const { cloud, store } = parts;
  const steps = createSteps(parts, tools);
  for (let task = store.tasks.get(id); task && task.lastStatus !== "STOPPED"; task = store.tasks.get(id)) {
    try {
      await steps[task.lastStatus](task);
    } catch (error) {
      if (!cloud.stopping.aborted) await recover(parts, tools, { task: taskOf(store, id), error });
    }
    if (cloud.stopping.aborted) return;
  }
}

/** `lockstep down`: no draining, since nobody is left to serve. */
async function endNow({ cloud, store, containers }: EngineParts, task: TaskRecord): Promise<void> {
  const ended = task.containers.map(async (container) => {
    const process = containers.processOf(task, container.name);
    process?.signal("SIGTERM");
    const timer = cloud.clock.afterLimit(shutDownSeconds, () => process?.signal("SIGKILL"));
    const exit = await process?.exited;
    timer.cancel();
    return { ...container, lastStatus: "STOPPED" as const, ...(exit && { exitCode: exit.code }) };
  });
  const stopped = {
    lastStatus: "STOPPED",
    desiredStatus: "STOPPED",
    stoppedAt: cloud.clock.now(),
    stopCode: task.stopCode ?? "TerminationNotice",
    stoppedReason: task.stoppedReason ?? "The local cloud was shut down",
  } as const;
  store.tasks.put(task.id, { ...task, ...stopped, containers: await Promise.all(ended), version: task.version + 1 });
  containers.release(task);
}

function newTask(cloud: Cloud, { arn, settings }: TaskDefinitionRecord, request: NewTask): TaskRecord {
  return {
    ...request,
    id: cloud.ids.hex(32),
    taskDefinitionArn: arn,
    lastStatus: "PROVISIONING",
    desiredStatus: "RUNNING",
    version: 1,
    wasSteady: false,
    createdAt: cloud.clock.now(),
    containers: settings.containerDefinitions.map(({ name, image, essential, portMappings }) => ({
      name,
      image,
      essential,
      lastStatus: "PENDING",
      ports: Object.fromEntries(portMappings.map(({ containerPort }) => [containerPort, 0])),
    })),
  };
}

function aborted({ stopping }: Cloud): Promise<undefined> {
  return new Promise((resolve) => {
    if (stopping.aborted) resolve(undefined);
    else stopping.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
