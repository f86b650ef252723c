import * as z from "zod/mini";
import { alarmSettings } from "../../traffic/raised-alarms.ts";
import { trafficSettings } from "../../traffic/traffic.ts";

export const environment = z.object({ ...trafficSettings.shape, ...alarmSettings.shape });
