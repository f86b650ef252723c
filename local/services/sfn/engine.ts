import type { Cloud } from "#local/cloud/index.ts";
import type { Timer } from "#local/kernel/index.ts";
import { statusChange } from "./events.ts";
import { nextDue, runnableFrame, type Execution, type Frame, type HistoryRecord } from "./execution.ts";
import { failExecution } from "./failure.ts";
import { callFunction } from "./invoke.ts";
import { createLogger, type ExecutionLogger } from "./logging.ts";
import { endWait, keepWithinLimit, runFrame, timeOutExecution } from "./states.ts";
import type { SfnStore } from "./store.ts";
import { takeOutcome, timeOutTask, type Outcome } from "./task.ts";
import type { Turn } from "./turn.ts";

/** What an execution has running for it in this process. */
interface Engagement {
  /** The end of the last turn asked for. */
  tail: Promise<unknown>;
  timer?: Timer;
  /** Task attempts whose function is being called by this process. */
  calls: Set<string>;
}

/** Drives executions: decides in turns, one at a time per execution, writes, and only then acts. */
export class Engine {
  readonly #cloud: Cloud;
  readonly #store: SfnStore;
  readonly #logger: ExecutionLogger;
  readonly #engagements = new Map<string, Engagement>();

  constructor(cloud: Cloud, store: SfnStore) {
    this.#cloud = cloud;
    this.#store = store;
    this.#logger = createLogger(cloud, store);
  }

  /** Takes up what an earlier run left. */
  start(): void {
    for (const execution of this.#store.executions()) if (execution.status === "RUNNING") this.#follow(execution);
  }

  stop(): void {
    for (const { timer } of this.#engagements.values()) timer?.cancel();
  }

  /** Writes a new execution and lets it run. */
  begin(execution: Execution, first: HistoryRecord): void {
    this.#write({ execution, events: [first], now: execution.startDate }, undefined);
    this.#follow(execution);
  }

  /** Changes an execution; what `work` throws leaves it as it was. */
  change<R>(arn: string, work: (turn: Turn) => R | Promise<R>): Promise<R> {
    const engagement = this.#engagementOf(arn);
    const done = engagement.tail.then(() => this.#takeTurn(arn, work));
    engagement.tail = done.catch(() => undefined);
    return done;
  }

  async #takeTurn<R>(arn: string, work: (turn: Turn) => R | Promise<R>): Promise<R> {
    const turn = openTurn(this.#cloud, this.#store, arn);
    const before = turn.execution.status;
    const result = await work(turn);
    // A control plane that has stopped must write nothing more: the next one may already be at work.
    if (this.#cloud.stopping.aborted) throw new Error("The local cloud has stopped");
    keepWithinLimit(turn);
    this.#write(turn, before);
    this.#follow(turn.execution);
    return result;
  }

  #write(
    { execution, events, now }: Pick<Turn, "execution" | "events" | "now">,
    before: Execution["status"] | undefined,
  ) {
    // In the same transaction, so that a change of status is told even if we are killed just after it.
    const tell = () => this.#cloud.emit(statusChange(execution, now));
    this.#store.write(execution, events, execution.status === before ? undefined : tell);
    this.#logger.log(execution, events);
  }

  /** Does all that the written execution calls for; doing it twice changes nothing. */
  #follow(execution: Execution): void {
    const { arn } = execution;
    const engagement = this.#engagementOf(arn);
    engagement.timer?.cancel();
    if (execution.status !== "RUNNING") return engagement.calls.clear();
    if (runnableFrame(execution)) return this.#advance(arn, runNext);
    for (const frame of Object.values(execution.frames)) this.#callOnce(execution, frame);
    const due = nextDue(execution);
    if (due !== undefined) engagement.timer = this.#cloud.clock.at(due, () => this.#advance(arn, doWhatIsDue));
  }

  /** A turn that nobody waits for. */
  #advance(arn: string, work: (turn: Turn) => Promise<void>): void {
    const isOver = () => this.#cloud.stopping.aborted;
    const tell = (error: unknown) =>
      this.#cloud.log("error", "An execution failed by a fault of the local cloud", { arn, error: String(error) });
    void this.change(arn, work)
      .catch((error: unknown) => {
        if (isOver()) return undefined;
        tell(error);
        return this.change(arn, (turn) => failExecution(turn, { error: "States.Runtime", cause: String(error) }));
      })
      .catch((error: unknown) => (isOver() ? undefined : tell(error)));
  }

  #callOnce({ arn, roleArn }: Execution, frame: Frame): void {
    if (frame.position.kind !== "task" || frame.position.attempt.isSubmitted) return;
    const { attempt } = frame.position;
    const { calls } = this.#engagementOf(arn);
    const key = `${frame.id} ${attempt.id}`;
    if (calls.has(key)) return;
    calls.add(key);
    const call = async () => {
      const outcome = await callFunction(this.#cloud, roleArn, attempt);
      if (this.#cloud.stopping.aborted) return;
      this.#advance(arn, (turn) => takeOutcomeOf(turn, { frameId: frame.id, attemptId: attempt.id, outcome }));
    };
    void call();
  }

  #engagementOf(arn: string): Engagement {
    const engagement = this.#engagements.get(arn) ?? { tail: Promise.resolve(), calls: new Set<string>() };
    this.#engagements.set(arn, engagement);
    return engagement;
  }
}

/** The answer of a function; an attempt that is over, by its time limit or otherwise, takes none. */
async function takeOutcomeOf(
  turn: Turn,
  answer: { frameId: string; attemptId: number; outcome: Outcome },
): Promise<void> {
  const frame = turn.execution.frames[answer.frameId];
  const isWanted = frame?.position.kind === "task" && frame.position.attempt.id === answer.attemptId;
  if (frame && isWanted && turn.execution.status === "RUNNING") await takeOutcome(turn, frame, answer.outcome);
}

function openTurn(cloud: Cloud, store: SfnStore, arn: string): Turn {
  const execution = store.execution(arn);
  if (!execution) throw new Error(`The store has no execution ${arn}`);
  return { execution, definition: store.definition(execution.revisionId), events: [], now: cloud.clock.now(), cloud };
}

async function runNext(turn: Turn): Promise<void> {
  const frame = runnableFrame(turn.execution);
  if (frame) await runFrame(turn, frame);
}

/** Everything whose time has come. */
async function doWhatIsDue(turn: Turn): Promise<void> {
  const { execution, now } = turn;
  if (execution.deadline !== undefined && execution.deadline <= now) return timeOutExecution(turn);
  for (const { id } of Object.values(execution.frames)) {
    const frame = execution.frames[id];
    if (frame && execution.status === "RUNNING") await doDue(turn, frame);
  }
}

async function doDue(turn: Turn, frame: Frame): Promise<void> {
  const { position } = frame;
  if (position.kind === "waiting" && position.until <= turn.now) return endWait(turn, frame);
  if (position.kind === "retrying" && position.until <= turn.now) frame.position = { kind: "entered" };
  if (position.kind !== "task") return;
  const { deadline, heartbeatDeadline } = position.attempt;
  const isOver = [deadline, heartbeatDeadline].some((time) => time !== undefined && time <= turn.now);
  if (isOver) await timeOutTask(turn, frame);
}
