import * as z from "zod/mini";

export const environment = z.object({
  DB_INSTANCE_IDENTIFIER: z.string(),
  DATABASE_SECRET_ARN: z.string(),
  DATABASE_APP_SECRET_ARN: z.string(),
  DATABASE_MIGRATIONS_SECRET_ARN: z.string(),
});
