import * as z from "zod/mini";

export const environment = z.object({
  DB_INSTANCE_IDENTIFIER: z.string(),
  SNAPSHOT_DEADLINE_SECONDS: z.optional(z.coerce.number().check(z.int(), z.positive())),
});
