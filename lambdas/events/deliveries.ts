import * as z from "zod/mini";
import type { Table } from "../core/table.ts";

/** A webhook delivery. `received` until what it announces is handled: then a redelivery changes nothing. */
const delivery = z.object({
  status: z.enum(["received", "handled", "ignored"]),
  reference: z.string(),
  commit: z.string(),
  isForced: z.boolean(),
  receivedAt: z.string(),
  reason: z.optional(z.string()),
  deployment: z.optional(z.string()),
});
export type Delivery = z.infer<typeof delivery>;

/** GitHub redelivers deliveries of the last 3 days: https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks */
const keptSeconds = 30 * 86_400;

/** Returns the delivery as it was stored first: a redelivery has the same id. */
export async function storeDelivery(table: Table, id: string, received: Delivery): Promise<Delivery> {
  const expiresAt = Math.floor(Date.parse(received.receivedAt) / 1000) + keptSeconds;
  const isNew = await table.put({ ...keyOf(id), ...received, expiresAt }, { pk: undefined });
  return isNew ? received : ((await loadDelivery(table, id)) ?? received);
}

export async function loadDelivery(table: Table, id: string): Promise<Delivery | undefined> {
  const item = await table.get(keyOf(id));
  return item && z.parse(delivery, item);
}

export async function endDelivery(
  table: Table,
  id: string,
  outcome: Pick<Delivery, "reason" | "deployment">,
): Promise<void> {
  await table.patch(keyOf(id), { status: "handled", ...outcome }, { status: "received" });
}

const keyOf = (id: string) => ({ pk: "delivery", sk: id });
