import type { Target } from "@aws-sdk/client-eventbridge";
import { records, type Cloud } from "#local/cloud/index.ts";
import type { Json } from "./pattern.ts";

export interface Rule {
  name: string;
  arn: string;
  eventPattern?: string | undefined;
  scheduleExpression?: string | undefined;
  description?: string | undefined;
  roleArn?: string | undefined;
  state: "ENABLED" | "DISABLED";
  targets: Target[];
  /** Next run of a rule with a schedule. */
  nextRun?: number | undefined;
}

/** An event as rules and targets receive it. */
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

/** A pending delivery of one event to one target of one rule. */
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
 * Faults to inject, for tests and for operators who want to test a stack: shares of deliveries that are lost, duplicated and delayed
 * (which also reorders them). A record under the key `faults`; not accessible by API.
 */
export interface FaultInjection {
  seed: number;
  dropShare?: number;
  doubleShare?: number;
  delayShare?: number;
  maxDelaySeconds?: number;
}

export function openStore(cloud: Cloud) {
  const { store } = cloud;
  return {
    rules: records<Rule>(store, "eventbridge.rules", ({ name }) => name),
    outbox: records<Delivery>(store, "eventbridge.outbox", ({ key }) => key),
    faultInjection: store.collection<FaultInjection>("eventbridge.faults"),
    transaction: store.transaction.bind(store),
  };
}
export type Store = ReturnType<typeof openStore>;
