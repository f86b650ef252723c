import * as z from "zod/mini";

export const environment = z.object({ DB_INSTANCE_IDENTIFIER: z.string() });
