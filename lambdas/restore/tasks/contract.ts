import * as z from "zod/mini";

export const environment = z.object({ CLUSTER_ARN: z.string(), SERVICE_NAME: z.string() });
