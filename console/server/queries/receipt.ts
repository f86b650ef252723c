import { readReceipt, type Receipt } from "../../../cli/stage/receipt/receipt.ts";
import { currentRelease, listQueue, readLock } from "../../../cli/stage/records.ts";
import type { StageContext } from "../stages.ts";
import { requireDeployment } from "./require-deployment.ts";

export type { Receipt };

export async function receipt({ clients, stage }: StageContext, id: string): Promise<Receipt> {
  const [item, live, lock, queue] = await Promise.all([
    requireDeployment({ clients, stage }, id),
    currentRelease(clients, stage),
    readLock(clients, stage),
    listQueue(clients, stage),
  ]);
  return readReceipt(clients, stage, { item, state: { live: live?.deployment, lock, queue } });
}
