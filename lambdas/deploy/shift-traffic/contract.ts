import * as z from "zod/mini";
import { blueGreenSettings } from "../../traffic/blue-green.ts";
import { greenSettings } from "../../traffic/green.ts";
import { alarmSettings } from "../../traffic/raised-alarms.ts";

export const observed = z.object({ ...greenSettings.shape, ...alarmSettings.shape });
export const environment = z.object({
  ...observed.shape,
  ...blueGreenSettings.shape,
  BASE_TASK_DEFINITION_ARN: z.string(),
});
