import type { TaskStopCode } from "@aws-sdk/client-ecs";
import { createDriver, type Cloud, type Driver } from "#local/cloud/index.ts";
import { taskStateChange } from "./events.ts";
import { definitionOf, taskOf } from "./store.ts";
import type { TaskDefinitionRecord } from "./task-definition.ts";
import { applyChange, type TaskChange, type TaskRecord } from "./task-state.ts";
import { createSteps, deleteExpired, recover, type EngineDeps } from "./task-steps.ts";

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
    driver.wake(id);
    for (const listener of listeners) listener(task);
    return task;
  };
  const steps = createSteps(deps, {
    apply,
    pause: (id) => driver.pause(id),
    reserved: new Set<number>(),
    stopping: aborted(cloud),
  });
  const driver: Driver = createDriver({
    cloud,
    name: "tasks",
    async step(id) {
      const task = store.tasks.get(id);
      if (!task || task.lastStatus === "STOPPED") return "done";
      await steps[task.lastStatus](task);
      return "again";
    },
    failed: ({ key, error }) => recover(deps, apply, { task: taskOf(store, key), error }),
  });
  return {
    run(definition, request) {
      const task = createTask(deps, definition, request);
      driver.drive(task.id);
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
      for (const { id } of store.liveTasks()) driver.drive(id);
      deleteExpired(deps);
      containers.pruneImages();
    },
    settled: () => driver.settled(),
    async shutDown() {
      await driver.settled();
      await Promise.all(store.liveTasks().map((task) => endNow(deps, task)));
    },
  };
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

function createTask({ cloud, store }: EngineDeps, definition: TaskDefinitionRecord, request: NewTask): TaskRecord {
  const { arn, settings } = definition;
  const task: TaskRecord = {
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
  store.transaction(() => {
    store.tasks.save(task);
    cloud.emit(taskStateChange(cloud, task, definition));
  });
  return task;
}

function aborted({ stopping }: Cloud): Promise<undefined> {
  return new Promise((resolve) => {
    if (stopping.aborted) resolve(undefined);
    else stopping.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}
