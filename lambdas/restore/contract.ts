import * as z from "zod/mini";
import { blueGreenSettings } from "../traffic/blue-green.ts";
import { greenSettings } from "../traffic/green.ts";
import { probeSettings } from "../traffic/probing.ts";

export const databaseSettings = z.object({ DB_INSTANCE_IDENTIFIER: z.string() });
export const serviceSettings = z.object({ CLUSTER_ARN: z.string(), SERVICE_NAME: z.string() });
export const environment = z.object({
  ...databaseSettings.shape,
  ...serviceSettings.shape,
  ...probeSettings.shape,
  ...greenSettings.shape,
  ...blueGreenSettings.shape,
});
