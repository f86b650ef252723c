import * as z from "zod/mini";
import { ledgerEnvironment } from "../../release/ledgers/contract.ts";

export const environment = z.object({
  ...ledgerEnvironment.shape,
  DB_INSTANCE_IDENTIFIER: z.string(),
  DATABASE_SECRET_ARN: z.string(),
  DATABASE_APP_SECRET_ARN: z.string(),
  DATABASE_MIGRATIONS_SECRET_ARN: z.string(),
});
