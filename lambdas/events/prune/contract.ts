import type { ECRClient } from "@aws-sdk/client-ecr";
import type { ECSClient } from "@aws-sdk/client-ecs";
import type { RDSClient } from "@aws-sdk/client-rds";
import * as z from "zod/mini";
import type { Log } from "../../core/journal.ts";
import type { Table } from "../../core/table.ts";

const count = z.coerce.number().check(z.int(), z.gte(1));

export const environment = z.object({
  DB_INSTANCE_IDENTIFIER: z.string(),
  KEEP_SNAPSHOTS: count,
  KEEP_DAYS: count,
  KEEP_RELEASES: count,
  CLUSTER_ARN: z.string(),
  SERVICE_NAME: z.string(),
  REPOSITORY_NAME: z.string(),
  TASK_FAMILIES: z.pipe(
    z.string(),
    z.transform((list) => list.split(",")),
  ),
});

export interface PruneDeps {
  readonly rds: RDSClient;
  readonly ecs: ECSClient;
  readonly ecr: ECRClient;
  readonly table: Table;
  readonly clock: { now(): Date };
  readonly log: Pick<Log, "info">;
  readonly settings: z.infer<typeof environment>;
}
