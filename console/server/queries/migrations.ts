import { type PendingMigration, readMigrations } from "../../../cli/stage/migrations.ts";
import type { StageContext } from "../stages.ts";
import { requireDeployment } from "./require-deployment.ts";

export type { PendingMigration };

export async function deploymentMigrations(context: StageContext, id: string): Promise<PendingMigration[]> {
  const item = await requireDeployment(context, id);
  return readMigrations(context.clients, context.stage, item);
}
