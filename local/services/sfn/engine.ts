import type { Cloud } from "#local/cloud/index.ts";
import type { Timer } from "#local/kernel/index.ts";
import { statusChange } from "./events.ts";
import { createLogger, type ExecutionLogger } from "./execution-log.ts";
import { nextDue, runnableFrame, type Execution, type Frame, type HistoryRecord } from "./execution.ts";
import { failExecution } from "./failure.ts";
import { callFunction } from "./invoke.ts";
import { endWait, enforceEventLimit, runFrame, timeOutExecution } from "./states.ts";
import type { Store } from "./store.ts";
import { recordOutcome, timeOutTask, type Outcome } from "./task.ts";
import type { Transition } from "./transition.ts";

/** What this process holds for one execution. */
interface ActiveExecution {
  /** Resolves when the last queued transition has been applied. */
  tail: Promise<unknown>;
  timer?: Timer;
  /** Task attempts whose function this process is calling. */
  calls: Set<string>;
}

/** Runs executions: one transition at a time per execution is decided, then written, and only then acted on. */
export class Engine {
  readonly #cloud: Cloud;
  readonly #store: Store;
  readonly #logger: ExecutionLogger;
  readonly #active = new Map<string, ActiveExecution>();

  constructor(cloud: Cloud, store: Store) {
    this.#cloud = cloud;
    this.#store = store;
    this.#logger = createLogger(cloud, store);
  }

  /** Resumes the executions of an earlier run. */
  start(): void {
    for (const execution of this.#store.executions()) if (execution.status === "RUNNING") this.#schedule(execution);
  }

  stop(): void {
    for (const { timer } of this.#active.values()) timer?.cancel();
  }

  startExecution(execution: Execution, first: HistoryRecord): void {
    this.#write({ execution, events: [first], now: execution.startDate }, undefined);
    this.#schedule(execution);
  }

  /** Applies a transition to an execution; when `work` throws, nothing is written. */
  update<R>(arn: string, work: (transition: Transition) => R | Promise<R>): Promise<R> {
    const active = this.#activeOf(arn);
    const done = active.tail.then(() => this.#apply(arn, work));
    active.tail = done.catch(() => undefined);
    return done;
  }

  async #apply<R>(arn: string, work: (transition: Transition) => R | Promise<R>): Promise<R> {
    const transition = openTransition(this.#cloud, this.#store, arn);
    const before = transition.execution.status;
    const result = await work(transition);
    // A stopped control plane must write nothing more: the next one may already be running.
    if (this.#cloud.stopping.aborted) throw new Error("The local cloud has stopped");
    enforceEventLimit(transition);
    this.#write(transition, before);
    this.#schedule(transition.execution);
    return result;
  }

  #write(
    { execution, events, now }: Pick<Transition, "execution" | "events" | "now">,
    before: Execution["status"] | undefined,
  ) {
    // In the same transaction: a crash cannot separate a status change from its event.
    const emit = () => this.#cloud.emit(statusChange(execution, now));
    this.#store.write(execution, events, execution.status === before ? undefined : emit);
    this.#logger.log(execution, events);
  }

  /** Starts what the written execution requires next. Idempotent. */
  #schedule(execution: Execution): void {
    const { arn } = execution;
    const active = this.#activeOf(arn);
    active.timer?.cancel();
    if (execution.status !== "RUNNING") return active.calls.clear();
    if (runnableFrame(execution)) return this.#updateInBackground(arn, runNextFrame);
    for (const frame of Object.values(execution.frames)) this.#callOnce(execution, frame);
    const due = nextDue(execution);
    if (due !== undefined) {
      active.timer = this.#cloud.clock.at(due, () => this.#updateInBackground(arn, runDueTimers));
    }
  }

  #updateInBackground(arn: string, work: (transition: Transition) => Promise<void>): void {
    const isStopping = () => this.#cloud.stopping.aborted;
    const report = (error: unknown) =>
      this.#cloud.log("error", "Execution failed with an internal error", { arn, error: String(error) });
    void this.update(arn, work)
      .catch((error: unknown) => {
        if (isStopping()) return undefined;
        report(error);
        return this.update(arn, (transition) =>
          failExecution(transition, { error: "States.Runtime", cause: String(error) }),
        );
      })
      .catch((error: unknown) => (isStopping() ? undefined : report(error)));
  }

  #callOnce({ arn, roleArn }: Execution, frame: Frame): void {
    if (frame.position.kind !== "task" || frame.position.attempt.isSubmitted) return;
    const { attempt } = frame.position;
    const { calls } = this.#activeOf(arn);
    const key = `${frame.id} ${attempt.id}`;
    if (calls.has(key)) return;
    calls.add(key);
    const call = async () => {
      const outcome = await callFunction(this.#cloud, roleArn, attempt);
      if (this.#cloud.stopping.aborted) return;
      this.#updateInBackground(arn, (transition) =>
        recordOutcomeOf(transition, { frameId: frame.id, attemptId: attempt.id, outcome }),
      );
    };
    void call();
  }

  #activeOf(arn: string): ActiveExecution {
    const active = this.#active.get(arn) ?? { tail: Promise.resolve(), calls: new Set<string>() };
    this.#active.set(arn, active);
    return active;
  }
}

/** Records the result of a function call, unless the attempt has already ended, for example by its time limit. */
async function recordOutcomeOf(
  transition: Transition,
  call: { frameId: string; attemptId: number; outcome: Outcome },
): Promise<void> {
  const frame = transition.execution.frames[call.frameId];
  const isCurrent = frame?.position.kind === "task" && frame.position.attempt.id === call.attemptId;
  if (frame && isCurrent && transition.execution.status === "RUNNING") {
    await recordOutcome(transition, frame, call.outcome);
  }
}

function openTransition(cloud: Cloud, store: Store, arn: string): Transition {
  const execution = store.execution(arn);
  if (!execution) throw new Error(`The store has no execution ${arn}`);
  return { execution, definition: store.definition(execution.revisionId), events: [], now: cloud.clock.now(), cloud };
}

async function runNextFrame(transition: Transition): Promise<void> {
  const frame = runnableFrame(transition.execution);
  if (frame) await runFrame(transition, frame);
}

async function runDueTimers(transition: Transition): Promise<void> {
  const { execution, now } = transition;
  if (execution.deadline !== undefined && execution.deadline <= now) return timeOutExecution(transition);
  for (const { id } of Object.values(execution.frames)) {
    const frame = execution.frames[id];
    if (frame && execution.status === "RUNNING") await runDueTimer(transition, frame);
  }
}

async function runDueTimer(transition: Transition, frame: Frame): Promise<void> {
  const { position } = frame;
  if (position.kind === "waiting" && position.until <= transition.now) return endWait(transition, frame);
  if (position.kind === "retrying" && position.until <= transition.now) frame.position = { kind: "entered" };
  if (position.kind !== "task") return;
  const { deadline, heartbeatDeadline } = position.attempt;
  const isOver = [deadline, heartbeatDeadline].some((time) => time !== undefined && time <= transition.now);
  if (isOver) await timeOutTask(transition, frame);
}
