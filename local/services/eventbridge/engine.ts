import type { Cloud, CloudEvent } from "#local/cloud/index.ts";
import type { Timer } from "#local/kernel/index.ts";
import { createCopyPlan } from "./fault-injection.ts";
import { matchesPattern, parsePattern, type Json } from "./pattern.ts";
import { intervalMs } from "./schedule.ts";
import type { Delivery, Envelope, Store, Rule } from "./store.ts";
import { deliver } from "./targets.ts";

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html */
const defaultPolicy = { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 };
/** as AWS: errors that a retry cannot fix. */
const permanentErrors = new Set(["AccessDeniedException", "ResourceNotFoundException", "StateMachineDoesNotExist"]);
const maxRetryDelaySeconds = 600;

/** The default event bus. An accepted event is in the outbox, once per target, before `accept` returns. */
export class EventBus {
  readonly #cloud: Cloud;
  readonly #store: Store;
  readonly #copies: () => number[];
  readonly #inFlight = new Set<string>();
  #timer: Timer | undefined;

  constructor(cloud: Cloud, store: Store) {
    this.#cloud = cloud;
    this.#store = store;
    this.#copies = createCopyPlan(() => store.faultInjection.get("faults"));
  }

  /** Subscribes to events of services and resumes the deliveries of an earlier run. */
  start(): void {
    this.#cloud.onEvent((event) => this.accept(this.envelope(event)));
    this.arm();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  envelope({ source, detailType, resources, detail }: CloudEvent, time = this.#cloud.clock.now()): Envelope {
    return {
      version: "0",
      id: this.#cloud.ids.uuid(),
      "detail-type": detailType,
      source,
      account: this.#cloud.accountId,
      time: new Date(time).toISOString().replace(/\.\d+Z$/, "Z"),
      region: this.#cloud.region,
      resources,
      // Plain data from services; this removes values that JSON lacks, such as undefined.
      detail: JSON.parse(JSON.stringify(detail)) as { [key: string]: Json },
    };
  }

  accept(event: Envelope): void {
    const matches = ({ state, eventPattern }: Rule) =>
      state === "ENABLED" && eventPattern !== undefined && matchesPattern(parsePattern(eventPattern), { ...event });
    this.#store.transaction(() => {
      for (const rule of this.#store.rules.list().filter(matches)) this.#post(rule, event);
    });
    this.arm();
  }

  /** Sets the timer for the next delivery or schedule. Call it whenever either has changed. */
  arm(): void {
    this.#timer?.cancel();
    const waiting = this.#store.outbox.list().filter(({ key }) => !this.#inFlight.has(key));
    const times = [...waiting.map(({ nextAt }) => nextAt), ...scheduled(this.#store).map(({ nextRun }) => nextRun)];
    if (times.length > 0) this.#timer = this.#cloud.clock.at(Math.min(...times), () => this.#run());
  }

  #post({ name, arn, targets }: Rule, event: Envelope): void {
    const now = this.#cloud.clock.now();
    for (const target of targets) {
      for (const seconds of this.#copies()) {
        const key = `${String(now).padStart(15, "0")}-${this.#cloud.ids.uuid()}`;
        const nextAt = now + this.#cloud.clock.scaled(seconds);
        this.#store.outbox.save({ key, event, rule: { name, arn }, target, attempts: 0, firstAt: now, nextAt });
      }
    }
  }

  #run(): void {
    if (this.#cloud.stopping.aborted) return;
    const now = this.#cloud.clock.now();
    for (const rule of scheduled(this.#store)) if (rule.nextRun <= now) this.#runSchedule(rule, now);
    for (const delivery of this.#store.outbox.list()) {
      if (delivery.nextAt <= now && !this.#inFlight.has(delivery.key)) void this.#send(delivery);
    }
    this.arm();
  }

  #runSchedule(rule: Rule & { scheduleExpression: string }, now: number): void {
    const event = { source: "aws.events", detailType: "Scheduled Event", resources: [rule.arn], detail: {} };
    this.#store.transaction(() => {
      this.#post(rule, this.envelope(event));
      const nextRun = now + intervalMs(this.#cloud.clock, rule.scheduleExpression);
      this.#store.rules.save({ ...rule, nextRun });
    });
  }

  async #send(delivery: Delivery): Promise<void> {
    const { key } = delivery;
    this.#inFlight.add(key);
    const error = await deliver(this.#cloud, delivery).then(
      () => undefined,
      (reason: unknown) => (reason instanceof Error ? reason : new Error(String(reason))),
    );
    // When stopping, the delivery stays in the outbox: delivered twice rather than never.
    if (this.#cloud.stopping.aborted) return;
    if (error) this.#retryOrDrop(delivery, error);
    else this.#store.outbox.delete(key);
    this.#inFlight.delete(key);
    this.arm();
  }

  #retryOrDrop(delivery: Delivery, error: Error): void {
    const { key, target, rule, event, firstAt, attempts } = delivery;
    const { MaximumRetryAttempts, MaximumEventAgeInSeconds } = { ...defaultPolicy, ...target.RetryPolicy };
    const now = this.#cloud.clock.now();
    const seconds =
      Math.min(2 ** attempts, maxRetryDelaySeconds) * (0.5 + Number.parseInt(this.#cloud.ids.hex(4), 16) / 0x20000);
    const nextAt = now + this.#cloud.clock.scaled(seconds);
    const isTooOld = nextAt - firstAt > (MaximumEventAgeInSeconds ?? defaultPolicy.MaximumEventAgeInSeconds) * 1000;
    const isOutOfAttempts = attempts >= (MaximumRetryAttempts ?? defaultPolicy.MaximumRetryAttempts);
    if (!permanentErrors.has(error.name) && !isOutOfAttempts && !isTooOld) {
      return void this.#store.outbox.save({ ...delivery, attempts: attempts + 1, nextAt });
    }
    this.#store.outbox.delete(key);
    const facts = { rule: rule.name, target: target.Arn, event: event.id, error: `${error.name}: ${error.message}` };
    this.#cloud.log("warn", "Event dropped", facts);
  }
}

type Scheduled = Rule & { scheduleExpression: string; nextRun: number };

const scheduled = (store: Store): Scheduled[] =>
  store.rules
    .list()
    .filter(
      (rule): rule is Scheduled =>
        rule.state === "ENABLED" && rule.scheduleExpression !== undefined && rule.nextRun !== undefined,
    );
