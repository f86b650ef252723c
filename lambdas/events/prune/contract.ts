import * as z from "zod/mini";

const count = z.coerce.number().check(z.int(), z.gte(1));

export const environment = z.object({
  DB_INSTANCE_IDENTIFIER: z.string(),
  KEEP_SNAPSHOTS: count,
  KEEP_DAYS: count,
  KEEP_RELEASES: count,
  CLUSTER_ARN: z.string(),
  SERVICE_NAME: z.string(),
  TASK_FAMILIES: z.pipe(
    z.string(),
    z.transform((list) => list.split(",")),
  ),
});
