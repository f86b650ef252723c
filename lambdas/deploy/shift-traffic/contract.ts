import * as z from "zod/mini";
import { blueGreenSettings } from "../../traffic/blue-green.ts";
import { secretArns } from "../../release/redact.ts";
import { alarmSettings } from "../../traffic/raised-alarms.ts";
import { trafficSettings } from "../../traffic/traffic.ts";

const number = z.coerce.number().check(z.int(), z.positive());

export const observed = z.object({
  ...trafficSettings.shape,
  ...secretArns.shape,
  ...alarmSettings.shape,
  /** How long the tasks of green may take to become healthy; 10 minutes if not set. CodeDeploy itself would wait 60. */
  GREEN_DEADLINE_SECONDS: z.optional(number),
});
export const environment = z.object({
  ...observed.shape,
  ...blueGreenSettings.shape,
  BASE_TASK_DEFINITION_ARN: z.string(),
});
