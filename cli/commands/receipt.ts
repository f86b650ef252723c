import { findRunningCloud } from "../local/state-directory.ts";
import type { StageOptions } from "../options.ts";
import { pick } from "../stage/choose.ts";
import type { CostItem } from "../stage/receipt/cost.ts";
import { readReceipt, type Receipt } from "../stage/receipt/receipt.ts";
import { currentRelease, listDeployments, listQueue, readLock } from "../stage/records.ts";
import { openStage } from "../stage/stage.ts";
import { cleanLines, clockTime, howLong } from "../terminal/text.ts";

/** `lockstep receipt <deployment>`: what a deployment did, and what it cost. */
export async function receipt(id: string, options: StageOptions): Promise<void> {
  const { clients, stage } = await openStage(options, findRunningCloud());
  const [deployments, live, lock, queue] = await Promise.all([
    listDeployments(clients, stage, Number.POSITIVE_INFINITY),
    currentRelease(clients, stage),
    readLock(clients, stage),
    listQueue(clients, stage),
  ]);
  const item = pick(deployments, id, "deployment");
  const result = await readReceipt(clients, stage, { item, state: { live: live?.deployment, lock, queue } });
  console.log(options.json ? JSON.stringify(result, null, 2) : describe(result).join("\n"));
}

function describe(receipt: Receipt): string[] {
  const rows: [string, string][] = [
    ["Deployment", receipt.deployment],
    ["Commit", `${receipt.commit} ${receipt.title}`],
    ["Author", receipt.author ?? "unknown"],
    ["Started", `${clockTime(receipt.startedAt)} by ${receipt.startedBy ?? "a push"}`],
    ["Outcome", receipt.outcome],
    ["Image", receipt.imageDigest ?? "none"],
    ["Migrations", receipt.migrations.join(", ") || "none"],
    ["Snapshot", receipt.snapshot ?? "none"],
    ...approvalRows(receipt.approval),
    ...receipt.steps.map(({ name, seconds, failed }): [string, string] => [
      "Step",
      `${name.padEnd(18)} ${seconds === null ? "running" : howLong(seconds)}${failed ? ", failed" : ""}`,
    ]),
    ...trafficRows(receipt.traffic),
    ...rollbackRows(receipt.rollback),
    ["Transitions", String(receipt.stateTransitions)],
    ...costRows(receipt),
  ];
  return rows.map(([name, value]) => `${name.padEnd(13)} ${cleanLines(value)}`);
}

function approvalRows(approval: Receipt["approval"]): [string, string][] {
  if (!approval) return [];
  const { decision, by, at, reason } = approval;
  return [["Approval", `${decision} by ${by} at ${clockTime(at)}${reason === null ? "" : `: ${reason}`}`]];
}

function trafficRows(traffic: Receipt["traffic"]): [string, string][] {
  if (!traffic) return [];
  const { requests, errors } = traffic;
  const failed = `${errors.app} × 5xx by the app, ${errors.loadBalancer} × 5xx by the load balancer`;
  return [["Traffic", `${requests} requests during shift and bake, ${failed}`]];
}

function rollbackRows(rollback: Receipt["rollback"]): [string, string][] {
  if (!rollback) return [];
  const { outcome, seconds } = rollback;
  return [["Rollback", `${outcome}${seconds === null ? "" : `; traffic was back after ${howLong(seconds)}`}`]];
}

function costRows({ cost, isLocal }: Receipt): [string, string][] {
  const { items, monthly, notMetered, pricesOf } = cost;
  const what = isLocal ? "this would cost on AWS" : "on demand, without free tiers";
  return [
    ["Cost", `${dollars(cost.dollars)} (${what}; prices of ${pricesOf.region}, ${pricesOf.date})`],
    ...items.map((item): [string, string] => ["", line(item)]),
    ...monthly.map((item): [string, string] => ["A month", line(item)]),
    ["Not metered", notMetered.join("; ")],
  ];
}

const dollars = (amount: number) => `$${amount.toFixed(4)}`;

function line({ name, quantity, unit, dollars: amount }: CostItem): string {
  const count = Number.isInteger(quantity) ? String(quantity) : quantity.toPrecision(3);
  return `${dollars(amount)}  ${name}: ${count} × ${unit}`;
}
