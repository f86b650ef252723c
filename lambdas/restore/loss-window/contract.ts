import * as z from "zod/mini";

export const environment = z.object({ DB_INSTANCE_IDENTIFIER: z.string(), DATABASE_SECRET_ARN: z.string() });

export const input = z.object({ snapshot: z.string() });
