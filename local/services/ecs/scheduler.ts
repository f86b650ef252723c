import { connect } from "node:net";
import type { TargetHealth } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Cloud } from "#local/cloud/index.ts";
import type { Timer } from "#local/kernel/index.ts";
import { nameOfDefinition } from "./arns.ts";
import { countsOf } from "./describe.ts";
import { serviceAction } from "./events.ts";
import { messageOf } from "./start-failure.ts";
import { serviceKey, taskSetKey, type EcsStore, type ServiceRecord, type TaskSetRecord } from "./store.ts";
import { deregisterTargets, healthOf, targetsOf, type Target } from "./targets.ts";
import type { TaskEngine } from "./task-engine.ts";
import type { TaskRecord } from "./task-state.ts";

export interface Scheduler {
  /** Looks after a service now, not only at the next turn. */
  wake(): void;
  start(): void;
  stop(): Promise<void>;
}

interface SchedulerParts {
  cloud: Cloud;
  store: EcsStore;
  engine: TaskEngine;
}

/** A task set with its service, its tasks that are to run, and the health of its targets. */
interface Situation {
  service: ServiceRecord;
  taskSet: TaskSetRecord;
  tasks: TaskRecord[];
  health: ReadonlyMap<string, ReadonlyMap<number, TargetHealth>>;
}

const turnSeconds = 0.5;
const keptEvents = 100;

/** Keeps every task set at the number of tasks that it is meant to have, replacing those that end or are found ill. */
export function createScheduler(parts: SchedulerParts): Scheduler {
  const { cloud, store, engine } = parts;
  let timer: Timer | undefined;
  let turn = Promise.resolve();
  let isWoken = false;

  const takeTurn = async () => {
    isWoken = false;
    timer?.cancel();
    for (const service of store.services.list().filter(({ status }) => status !== "INACTIVE")) {
      if (cloud.stopping.aborted) return;
      await reconcile(parts, service).catch((error: unknown) => {
        if (!cloud.stopping.aborted)
          cloud.log("error", `Service ${service.name}: ${messageOf(error)}`, { stack: Object(error).stack });
      });
    }
    if (!cloud.stopping.aborted) timer = cloud.clock.afterLimit(turnSeconds, wake);
  };
  const wake = () => {
    if (isWoken || cloud.stopping.aborted) return;
    isWoken = true;
    turn = turn.then(takeTurn);
  };
  engine.onChange((task) => {
    if (task.lastStatus === "STOPPED") countFailure(parts, task);
    if (task.taskSet !== undefined) wake();
  });
  return {
    wake,
    start: wake,
    async stop() {
      timer?.cancel();
      await turn;
    },
  };
}

async function reconcile(parts: SchedulerParts, service: ServiceRecord): Promise<void> {
  const { store, cloud } = parts;
  for (const taskSet of store.taskSetsOf(service)) await reconcileTaskSet(parts, service, taskSet);
  const current = store.services.get(serviceKey(service));
  if (current?.status === "DRAINING" && store.taskSetsOf(current).length === 0 && !cloud.stopping.aborted)
    store.services.put(serviceKey(current), { ...current, status: "INACTIVE" });
}

async function reconcileTaskSet(
  parts: SchedulerParts,
  { cluster, name }: ServiceRecord,
  known: TaskSetRecord,
): Promise<void> {
  const { cloud, store } = parts;
  const health = new Map<string, ReadonlyMap<number, TargetHealth>>();
  for (const { targetGroupArn } of known.loadBalancers)
    health.set(targetGroupArn, await healthOf(cloud, targetGroupArn));
  // From here on nothing waits, so what is read below is what holds.
  const service = store.services.get(serviceKey({ cluster, name }));
  const taskSet = store.taskSets.get(taskSetKey(known));
  if (!service || !taskSet || cloud.stopping.aborted) return;
  const key = taskSetKey(taskSet);
  const ofSet = store.liveTasks().filter((task) => task.taskSet === key);
  const tasks = ofSet.filter(({ desiredStatus }) => desiredStatus === "RUNNING");
  const situation = { service, taskSet, tasks, health };
  scale(parts, situation);
  settle(parts, situation);
  if ((taskSet.status === "DRAINING" || service.status === "DRAINING") && ofSet.length === 0)
    store.taskSets.delete(key);
  await replaceUnhealthy(parts, situation);
  await dropStrangers(parts, situation);
}

function scale({ cloud, store, engine }: SchedulerParts, { service, taskSet, tasks }: Situation): void {
  const { computedDesiredCount } = countsOf(store, taskSet, service);
  const surplus = [...tasks].sort(expendableFirst).slice(0, Math.max(tasks.length - computedDesiredCount, 0));
  for (const { id } of surplus)
    engine.stop(id, "ServiceSchedulerInitiated", `Scaling activity initiated by (task set ${taskSet.id})`);
  if (surplus.length > 0)
    tell(store, cloud, service, `has stopped ${surplus.length} running tasks: ${tasksText(surplus)}.`);
  const missing = cloud.clock.now() < taskSet.nextStartAt ? 0 : computedDesiredCount - tasks.length;
  const definition = store.definitions.get(nameOfDefinition(taskSet.taskDefinitionArn));
  if (missing <= 0 || !definition) return;
  const started = Array.from({ length: missing }, () =>
    engine.run(definition, {
      cluster: service.cluster,
      group: `service:${service.name}`,
      startedBy: taskSet.id,
      taskSet: taskSetKey(taskSet),
      network: taskSet.network,
      loadBalancers: taskSet.loadBalancers,
      overrides: { containers: [] },
      tags: [],
    }),
  );
  tell(store, cloud, service, `(taskSet ${taskSet.id}) has started ${missing} tasks: ${tasksText(started)}.`);
}

/** Which tasks to give up first: those that do not serve yet, then the youngest. */
function expendableFirst(a: TaskRecord, b: TaskRecord): number {
  return Number(a.wasSteady) - Number(b.wasSteady) || b.createdAt - a.createdAt;
}

/** Says whether the task set is steady: as many tasks as wanted, all of them running and found healthy. */
function settle({ cloud, store, engine }: SchedulerParts, situation: Situation): void {
  const { service, tasks, taskSet } = situation;
  const { computedDesiredCount, pendingCount, runningCount } = countsOf(store, taskSet, service);
  const well = tasks.filter((task) => task.lastStatus === "RUNNING" && isWell(task, situation));
  for (const { id } of well) engine.markSteady(id);
  const isSteady = well.length === computedDesiredCount && runningCount === computedDesiredCount && pendingCount === 0;
  const stability = isSteady ? "STEADY_STATE" : "STABILIZING";
  if (stability === taskSet.stability && !(isSteady && taskSet.failures > 0)) return;
  const now = cloud.clock.now();
  const changed: TaskSetRecord = {
    ...taskSet,
    stability,
    stabilityAt: now,
    ...(isSteady && { failures: 0, nextStartAt: 0 }),
  };
  store.transaction(() => {
    store.taskSets.put(taskSetKey(taskSet), changed);
    if (!isSteady || taskSet.stability === stability) return;
    cloud.emit(serviceAction(cloud, "TASKSET_STEADY_STATE", { service, taskSet }));
    if (taskSet.status !== "PRIMARY") return;
    tell(store, cloud, service, "has reached a steady state.");
    cloud.emit(serviceAction(cloud, "SERVICE_STEADY_STATE", { service, taskSet }));
  });
}

/** as AWS: a target of a group that no listener uses is not checked, and counts as well. */
function isWell(task: TaskRecord, { health }: Situation): boolean {
  return targetsOf(task).every((target) => ["healthy", "unused"].includes(stateOf(health, target)));
}

const stateOf = (health: Situation["health"], { targetGroupArn, port }: Target): string =>
  health.get(targetGroupArn)?.get(port)?.State ?? "unregistered";

async function replaceUnhealthy(
  { cloud, store, engine }: SchedulerParts,
  { service, tasks, health }: Situation,
): Promise<void> {
  for (const task of tasks.filter(({ lastStatus }) => lastStatus === "RUNNING")) {
    const ill = targetsOf(task).find((target) => stateOf(health, target) === "unhealthy");
    // The grace period is time for real work, the start of an app: it does not shrink with --speed.
    if (!ill || cloud.clock.now() < (task.startedAt ?? 0) + service.gracePeriodSeconds * 1000) continue;
    const { targetGroupArn, port } = ill;
    const described = health.get(targetGroupArn)?.get(port)?.Description ?? "Health checks failed";
    const hint = (await listens(port))
      ? ""
      : `: nothing listens on 127.0.0.1:${port}; a task must listen on the port that its variable PORT names`;
    if (cloud.stopping.aborted) return;
    engine.stop(
      task.id,
      "ServiceSchedulerInitiated",
      `Task failed ELB health checks in (target-group ${targetGroupArn})${hint}`,
    );
    const why = `is unhealthy in (target-group ${targetGroupArn}) due to (reason ${described}${hint}).`;
    tell(store, cloud, service, `(port ${port}) ${why}`);
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: 1000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket
      .once("connect", () => end(true))
      .once("timeout", () => end(false))
      .once("error", () => end(false));
  });
}

/** Targets that a task left behind because its end was not seen (the machine went down). */
async function dropStrangers({ cloud, store }: SchedulerParts, { health }: Situation): Promise<void> {
  const known = new Set(
    store
      .liveTasks()
      .flatMap(targetsOf)
      .map(({ targetGroupArn, port }) => `${targetGroupArn} ${port}`),
  );
  for (const [targetGroupArn, targets] of health)
    for (const [port, { State }] of targets)
      if (State !== "draining" && !known.has(`${targetGroupArn} ${port}`))
        await deregisterTargets(cloud, [{ targetGroupArn, port }]);
}

/** A task that ended before it was ever well delays the next one, more each time: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html */
function countFailure({ cloud, store }: SchedulerParts, task: TaskRecord): void {
  const taskSet = task.taskSet === undefined ? undefined : store.taskSets.get(task.taskSet);
  const service = taskSet && store.services.get(serviceKey({ cluster: taskSet.cluster, name: taskSet.service }));
  const wasWanted = task.stopCode !== "ServiceSchedulerInitiated" || task.stoppedReason?.startsWith("Task failed");
  if (!taskSet || !service || task.wasSteady || !wasWanted) return;
  const failures = taskSet.failures + 1;
  const delaySeconds = failures === 1 ? 0 : Math.min(10 * 2 ** (failures - 2), 900);
  const nextStartAt = cloud.clock.now() + cloud.clock.scaled(delaySeconds);
  store.taskSets.put(taskSetKey(taskSet), { ...taskSet, failures, nextStartAt });
  if (failures !== 3) return;
  tell(store, cloud, service, `is unable to consistently start tasks successfully: ${task.stoppedReason ?? ""}.`);
  cloud.emit(serviceAction(cloud, "SERVICE_TASK_START_IMPAIRED", { service, taskSet }));
}

/** Adds an event to those that DescribeServices tells. */
// oxlint-disable-next-line max-params -- where, and what
function tell(store: EcsStore, cloud: Cloud, service: ServiceRecord, message: string): void {
  const current = store.services.get(serviceKey(service)) ?? service;
  const event = { id: cloud.ids.uuid(), createdAt: cloud.clock.now(), message: `(service ${service.name}) ${message}` };
  store.services.put(serviceKey(service), { ...current, events: [event, ...current.events].slice(0, keptEvents) });
}

const tasksText = (tasks: readonly TaskRecord[]) => tasks.map(({ id }) => `(task ${id})`).join(" ");
