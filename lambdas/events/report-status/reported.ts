import * as z from "zod/mini";
import type { Key, Table } from "../../core/table.ts";

/** The GitHub deployment of a deployment, and what was reported last. */
const reported = z.object({
  sk: z.string(),
  claimedAt: z.string(),
  id: z.optional(z.number()),
  /** Missing while a report is being sent, so that an interrupted one is sent again. */
  report: z.optional(z.string()),
});
export type Reported = z.infer<typeof reported>;

export const reportedKey = (deployment: string): Key => ({ pk: "github", sk: deployment });

export async function loadReported(table: Table, deployment: string): Promise<Reported | undefined> {
  const item = await table.get(reportedKey(deployment));
  return item && z.parse(reported, item);
}

export async function listReported(table: Table): Promise<Reported[]> {
  return (await table.query("github")).map((item) => z.parse(reported, item));
}
