import type { TargetHealth } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Timer } from "#local/kernel/index.ts";
import { shortName } from "./arns.ts";
import { countsOf } from "./describe.ts";
import { serviceAction } from "./events.ts";
import { messageOf } from "./start-failure.ts";
import { serviceKey, taskSetKey, type ServiceRecord, type StoreDeps, type TaskSetRecord } from "./store.ts";
import { deregisterTargets, healthOf, targetsOf, type Target } from "./targets.ts";
import type { TaskEngine } from "./task-engine.ts";
import type { TaskRecord } from "./task-state.ts";

export interface Scheduler {
  /** Reconciles all services now instead of at the next interval. */
  wake(): void;
  start(): void;
  stop(): Promise<void>;
}

interface SchedulerDeps extends StoreDeps {
  engine: TaskEngine;
}

/** A task set with its service, its tasks that are not stopping, and the health of its targets. */
interface Observed {
  service: ServiceRecord;
  taskSet: TaskSetRecord;
  tasks: TaskRecord[];
  health: ReadonlyMap<string, ReadonlyMap<number, TargetHealth>>;
}

const intervalSeconds = 0.5;
/** While a task set is not steady: nothing announces that a target has become healthy. */
const stabilizingIntervalSeconds = 0.03;
const maxEvents = 100;

/** Keeps every task set at its desired count: replaces tasks that stop or become unhealthy. */
export function createScheduler(deps: SchedulerDeps): Scheduler {
  const { cloud, store, engine } = deps;
  let timer: Timer | undefined;
  let round = Promise.resolve();
  let isWoken = false;

  const runRound = async () => {
    isWoken = false;
    timer?.cancel();
    for (const service of store.services.list().filter(({ status }) => status !== "INACTIVE")) {
      if (cloud.stopping.aborted) return;
      await reconcile(deps, service).catch((error: unknown) => {
        if (!cloud.stopping.aborted)
          cloud.log("error", "Service reconciliation failed", {
            service: service.name,
            error: messageOf(error),
            stack: Object(error).stack,
          });
      });
    }
    if (cloud.stopping.aborted) return;
    const isStabilizing = store.taskSets.list().some(({ stability }) => stability === "STABILIZING");
    timer = cloud.clock.afterLimit(isStabilizing ? stabilizingIntervalSeconds : intervalSeconds, wake);
  };
  const wake = () => {
    if (isWoken || cloud.stopping.aborted) return;
    isWoken = true;
    round = round.then(runRound);
  };
  engine.onChange((task) => {
    if (task.lastStatus === "STOPPED") countFailure(deps, task);
    if (task.taskSet !== undefined) wake();
  });
  return {
    wake,
    start: wake,
    async stop() {
      timer?.cancel();
      await round;
    },
  };
}

async function reconcile(deps: SchedulerDeps, service: ServiceRecord): Promise<void> {
  const { store, cloud } = deps;
  for (const taskSet of store.taskSetsOf(service)) await reconcileTaskSet(deps, service, taskSet);
  const current = store.services.get(serviceKey(service));
  if (current?.status === "DRAINING" && store.taskSetsOf(current).length === 0 && !cloud.stopping.aborted)
    store.services.save({ ...current, status: "INACTIVE" });
}

async function reconcileTaskSet(
  deps: SchedulerDeps,
  { cluster, name }: ServiceRecord,
  known: TaskSetRecord,
): Promise<void> {
  const { cloud, store } = deps;
  const health = new Map<string, ReadonlyMap<number, TargetHealth>>();
  for (const { targetGroupArn } of known.loadBalancers)
    health.set(targetGroupArn, await healthOf(cloud, targetGroupArn));
  // There is no await from here on, so the records read below are current.
  const service = store.services.get(serviceKey({ cluster, name }));
  const taskSet = store.taskSets.get(taskSetKey(known));
  if (!service || !taskSet || cloud.stopping.aborted) return;
  const key = taskSetKey(taskSet);
  const liveTasks = store.liveTasks().filter((task) => task.taskSet === key);
  const tasks = liveTasks.filter(({ desiredStatus }) => desiredStatus === "RUNNING");
  const observed = { service, taskSet, tasks, health };
  scale(deps, observed);
  updateStability(deps, observed);
  if ((taskSet.status === "DRAINING" || service.status === "DRAINING") && liveTasks.length === 0)
    store.taskSets.delete(key);
  await replaceUnhealthy(deps, observed);
  await deregisterOrphans(deps, observed);
}

function scale(deps: SchedulerDeps, { service, taskSet, tasks }: Observed): void {
  const { cloud, store, engine } = deps;
  const { computedDesiredCount } = countsOf(store, taskSet, service);
  const surplus = [...tasks].sort(byScaleInOrder).slice(0, Math.max(tasks.length - computedDesiredCount, 0));
  for (const { id } of surplus)
    engine.stop(id, "ServiceSchedulerInitiated", `Scaling activity initiated by (task set ${taskSet.id})`);
  if (surplus.length > 0)
    addEvent(deps, service, `has stopped ${surplus.length} running tasks: ${tasksText(surplus)}.`);
  const missing = cloud.clock.now() < taskSet.nextStartAt ? 0 : computedDesiredCount - tasks.length;
  const definition = store.definitions.get(shortName(taskSet.taskDefinitionArn));
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
  addEvent(deps, service, `(taskSet ${taskSet.id}) has started ${missing} tasks: ${tasksText(started)}.`);
}

/** as AWS: scale-in stops tasks that do not serve yet first, then the newest. */
function byScaleInOrder(a: TaskRecord, b: TaskRecord): number {
  return Number(a.wasSteady) - Number(b.wasSteady) || b.createdAt - a.createdAt;
}

/** A task set is steady when the desired number of tasks run and all are healthy. */
function updateStability(deps: SchedulerDeps, observed: Observed): void {
  const { cloud, store, engine } = deps;
  const { service, tasks, taskSet } = observed;
  const { computedDesiredCount, pendingCount, runningCount } = countsOf(store, taskSet, service);
  const healthy = tasks.filter((task) => task.lastStatus === "RUNNING" && isHealthy(task, observed));
  for (const { id } of healthy) engine.markSteady(id);
  const isSteady =
    healthy.length === computedDesiredCount && runningCount === computedDesiredCount && pendingCount === 0;
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
    store.taskSets.save(changed);
    if (!isSteady || taskSet.stability === stability) return;
    cloud.emit(serviceAction(cloud, "TASKSET_STEADY_STATE", { service, taskSet }));
    if (taskSet.status !== "PRIMARY") return;
    addEvent(deps, service, "has reached a steady state.");
    cloud.emit(serviceAction(cloud, "SERVICE_STEADY_STATE", { service, taskSet }));
  });
}

/** as AWS: targets of a group that no listener uses are not checked and count as healthy. */
function isHealthy(task: TaskRecord, { health }: Observed): boolean {
  return targetsOf(task).every((target) => ["healthy", "unused"].includes(stateOf(health, target)));
}

const stateOf = (health: Observed["health"], { targetGroupArn, port }: Target): string =>
  health.get(targetGroupArn)?.get(port)?.State ?? "unregistered";

async function replaceUnhealthy(deps: SchedulerDeps, { service, tasks, health }: Observed): Promise<void> {
  const { cloud, engine } = deps;
  for (const task of tasks.filter(({ lastStatus }) => lastStatus === "RUNNING")) {
    const target = targetsOf(task).find((each) => stateOf(health, each) === "unhealthy");
    // The grace period covers the start of an app, which takes real time: it does not shrink with --speed.
    if (!target || cloud.clock.now() < (task.startedAt ?? 0) + service.gracePeriodSeconds * 1000) continue;
    const { targetGroupArn, port } = target;
    const reason = health.get(targetGroupArn)?.get(port)?.Description ?? "Health checks failed";
    engine.stop(
      task.id,
      "ServiceSchedulerInitiated",
      `Task failed ELB health checks in (target-group ${targetGroupArn})`,
    );
    const message = `is unhealthy in (target-group ${targetGroupArn}) due to (reason ${reason}).`;
    addEvent(deps, service, `(port ${port}) ${message}`);
  }
}

/** Deregisters targets whose tasks are gone: the machine went down before they were deregistered. */
async function deregisterOrphans({ cloud, store }: SchedulerDeps, { health }: Observed): Promise<void> {
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

/** A task that stopped before it was ever healthy delays the next start, longer each time: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html */
function countFailure(deps: SchedulerDeps, task: TaskRecord): void {
  const { cloud, store } = deps;
  const taskSet = task.taskSet === undefined ? undefined : store.taskSets.get(task.taskSet);
  const service = taskSet && store.services.get(serviceKey({ cluster: taskSet.cluster, name: taskSet.service }));
  const isFailure = task.stopCode !== "ServiceSchedulerInitiated" || task.stoppedReason?.startsWith("Task failed");
  if (!taskSet || !service || task.wasSteady || !isFailure) return;
  const failures = taskSet.failures + 1;
  const delaySeconds = failures === 1 ? 0 : Math.min(10 * 2 ** (failures - 2), 900);
  const nextStartAt = cloud.clock.now() + cloud.clock.scaled(delaySeconds);
  store.taskSets.save({ ...taskSet, failures, nextStartAt });
  if (failures !== 3) return;
  addEvent(deps, service, `is unable to consistently start tasks successfully: ${task.stoppedReason ?? ""}.`);
  cloud.emit(serviceAction(cloud, "SERVICE_TASK_START_IMPAIRED", { service, taskSet }));
}

/** Adds a service event, as DescribeServices returns them. */
function addEvent({ cloud, store }: StoreDeps, service: ServiceRecord, message: string): void {
  const current = store.services.get(serviceKey(service)) ?? service;
  const event = { id: cloud.ids.uuid(), createdAt: cloud.clock.now(), message: `(service ${service.name}) ${message}` };
  store.services.save({ ...current, events: [event, ...current.events].slice(0, maxEvents) });
}

const tasksText = (tasks: readonly TaskRecord[]) => tasks.map(({ id }) => `(task ${id})`).join(" ");
