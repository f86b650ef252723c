import type { Target } from "@aws-sdk/client-eventbridge";
import type { Cloud } from "#local/cloud/index.ts";
import type { Json } from "./pattern.ts";

export interface Rule {
  name: string;
  arn: string;
  eventPattern?: string;
  scheduleExpression?: string;
  description?: string;
  roleArn?: string;
  state: "ENABLED" | "DISABLED";
  targets: Target[];
  /** When a rule with a schedule runs next. */
  nextRun?: number;
}

/** An event as rules and targets see it. */
export interface Envelope {
  version: "0";
  id: string;
  "detail-type": string;
  source: string;
  account: string;
  time: string;
  region: string;
  resources: string[];
  detail: { [key: string]: Json };
}

/** One event on its way to one target of one rule. */
export interface Delivery {
  key: string;
  event: Envelope;
  rule: { name: string; arn: string };
  target: Target;
  attempts: number;
  firstAt: number;
  nextAt: number;
}

/**
 * How unkind the bus is, for tests and for an operator who wants to see what a stack bears: shares of deliveries that are lost, doubled
 * and held up (which also shuffles them). It is a record under the key `faults`; no API reaches it.
 */
export interface Faults {
  seed: number;
  dropShare?: number;
  doubleShare?: number;
  delayShare?: number;
  maxDelaySeconds?: number;
}

export function openEventStore(cloud: Cloud) {
  const { store } = cloud;
  return {
    rules: store.collection<Rule>("eventbridge.rules"),
    outbox: store.collection<Delivery>("eventbridge.outbox"),
    faults: store.collection<Faults>("eventbridge.faults"),
    transaction: store.transaction.bind(store),
  };
}
export type EventStore = ReturnType<typeof openEventStore>;
