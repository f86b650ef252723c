import * as z from "zod/mini";
import { blueGreenSettings } from "../traffic/blue-green.ts";
import { alarmSettings } from "../traffic/raised-alarms.ts";
import { greenSettings } from "../traffic/green.ts";
import { probeSettings } from "../traffic/probing.ts";
import { stageSettings } from "./stage-state.ts";

export const environment = z.object({
  ...stageSettings.shape,
  ...blueGreenSettings.shape,
  ...probeSettings.shape,
  ...alarmSettings.shape,
  ...greenSettings.shape,
  STAGE: z.string(),
});

/** The machine continues at Restore traffic, or at Close. */
export interface AssessOutput {
  readonly undo: boolean;
  readonly generation: number;
}

/** Output of the machine's execution. */
export interface CloseOutput {
  readonly outcome: "nothing-to-undo" | "rolled-back";
}
