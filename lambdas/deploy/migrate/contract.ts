import * as z from "zod/mini";
import { secretArns } from "../../release/redact.ts";

const list = z.pipe(
  z.string(),
  z.transform((text) => text.split(",").flatMap((item) => item.trim() || [])),
);
const argv = z.pipe(
  z.pipe(
    z.string(),
    z.transform((text): unknown => JSON.parse(text)),
  ),
  z.array(z.string()),
);

export const observed = z.object({
  ...secretArns.shape,
  CLUSTER_ARN: z.string(),
  /** How long a migration task may run; an hour if not set. */
  MIGRATION_DEADLINE_SECONDS: z.optional(z.coerce.number().check(z.int(), z.positive())),
});
export const environment = z.object({
  ...observed.shape,
  BASE_TASK_DEFINITION_ARN: z.string(),
  MIGRATION_FAMILY: z.string(),
  /** Empty if the app has no migrations, so that the step never runs. */
  MIGRATE_COMMAND: argv,
  SUBNET_IDS: list,
  SECURITY_GROUP_IDS: list,
  CONTAINER_NAME: z.string(),
});
