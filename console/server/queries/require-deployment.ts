import { type DeploymentItem, readDeployment } from "../../../cli/stage/records.ts";
import { RequestRefused } from "../errors.ts";
import type { StageContext } from "../stages.ts";

/** The record of the deployment that an address names. */
export async function requireDeployment({ clients, stage }: StageContext, id: string): Promise<DeploymentItem> {
  const item = await readDeployment(clients, stage, id);
  if (!item) throw new RequestRefused(404, `Stage ${stage.name} has no deployment ${id}.`);
  return item;
}
