import * as z from "zod/mini";

export const environment = z.object({ DATABASE_SECRET_ARN: z.string() });
