import * as z from "zod/mini";
import { blueGreenSettings } from "../../traffic/blue-green.ts";
import { greenSettings } from "../../traffic/green.ts";
import { alarmSettings } from "../../traffic/raised-alarms.ts";

export const environment = z.object({
  ...greenSettings.shape,
  ...alarmSettings.shape,
  ...blueGreenSettings.shape,
  REPOSITORY_URI: z.string(),
});
