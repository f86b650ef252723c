import type { TaskStopCode } from "@aws-sdk/client-ecs";
import type { Cloud } from "#local/cloud/index.ts";
import { taskStateChange } from "./events.ts";
import { definitionOf, taskOf } from "./store.ts";
import type { TaskDefinitionRecord } from "./task-definition.ts";
import { applyChange, type TaskChange, type TaskRecord } from "./task-state.ts";
import { createSteps, deleteExpired, recover, type EngineDeps, type StepTools } from "./task-steps.ts";

type NewTask = Pick<
  TaskRecord,
  "cluster" | "group" | "network" | "loadBalancers" | "overrides" | "tags" | "startedBy" | "taskSet"
>;

/** Drives each task through its states. A change is stored before it is carried out, so that a restarted control plane can resume. */
export interface TaskEngine {
  run(definition: TaskDefinitionRecord, request: NewTask): TaskRecord;
  /** Requests that a task stops. Later reasons are ignored. */
  stop(id: string, code: TaskStopCode, reason: string): void;
  markSteady(id: string): void;
  /** Calls `listener` with each task after a change. */
  onChange(listener: (task: TaskRecord) => void): void;
  /** Resumes the tasks that an earlier control plane started. */
  resume(): void;
  /** Resolves when no step is running; the control plane must be stopping. */
  settled(): Promise<void>;
  /** Stops all tasks and their processes. */
  shutDown(): Promise<void>;
}

const shutDownSeconds = 10;

export function createTaskEngine(deps: EngineDeps): TaskEngine {
  const { cloud, store, containers } = deps;
  const running = new Map<string, Promise<void>>();
  const waiters = new Map<string, PromiseWithResolvers<void>>();
  const listeners: ((task: TaskRecord) => void)[] = [];

  const apply = (id: string, change: TaskChange): TaskRecord => {
    cloud.stopping.throwIfAborted();
    const task = store.transaction(() => {
      const before = taskOf(store, id);
      const after = applyChange(before, change, cloud.clock.now());
      if (after === before) return before;
      store.tasks.save(after);
      if (change.kind !== "pulled") cloud.emit(taskStateChange(cloud, after, definitionOf(store, after)));
      return after;
    });
    waiters.get(id)?.resolve();
    for (const listener of listeners) listener(task);
    return task;
  };
  const changed = (id: string): Promise<void> => {
    const waiter = waiters.get(id) ?? Promise.withResolvers<void>();
    waiters.set(id, waiter);
    return waiter.promise.finally(() => waiters.delete(id));
  };
  const tools: StepTools = { apply, changed, reserved: new Set<number>(), stopping: aborted(cloud) };
  const start = (id: string) => {
    const done = drive(deps, tools, id).finally(() => running.delete(id));
    running.set(id, done);
  };
  return {
    run(definition, request) {
      const task = newTask(cloud, definition, request);
      store.transaction(() => {
        store.tasks.save(task);
        cloud.emit(taskStateChange(cloud, task, definition));
      });
      start(task.id);
      return task;
    },
    stop(id, code, reason) {
      if (taskOf(store, id).lastStatus !== "STOPPED") apply(id, { kind: "stop requested", code, reason });
    },
    markSteady(id) {
      const task = taskOf(store, id);
      if (!task.wasSteady) store.tasks.save({ ...task, wasSteady: true });
    },
    onChange: (listener) => void listeners.push(listener),
    resume() {
      for (const { id } of store.liveTasks()) start(id);
      deleteExpired(deps);
      containers.pruneImages();
    },
    settled: async () => void (await Promise.allSettled(running.values())),
    async shutDown() {
      await Promise.allSettled(running.values());
      await Promise.all(store.liveTasks().map((task) => endNow(deps, task)));
    },
  };
}

async function drive(deps: EngineDeps, tools: StepTools, id: string): Promise<void> {
  const { cloud, store } = deps;
  const steps = createSteps(deps, tools);
  for (let task = store.tasks.get(id); task && task.lastStatus !== "STOPPED"; task = store.tasks.get(id)) {
    try {
      await steps[task.lastStatus](task);
    } catch (error) {
      if (!cloud.stopping.aborted) await recover(deps, tools, { task: taskOf(store, id), error });
    }
    if (cloud.stopping.aborted) return;
  }
}

/** `lockstep down`: without draining, since the load balancer stops too. */
async function endNow({ cloud, store, containers }: EngineDeps, task: TaskRecord): Promise<void> {
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
  store.tasks.save({ ...task, ...stopped, containers: await Promise.all(ended), version: task.version + 1 });
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
