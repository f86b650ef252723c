import * as z from "zod/mini";
import { blueGreenSettings } from "../../traffic/blue-green.ts";
import { stageSettings } from "../stage-facts.ts";

export const environment = z.object({ ...stageSettings.shape, ...blueGreenSettings.shape });

/** The machine asks again, after a short wait, until it is so. */
export interface RestoreTrafficOutput {
  readonly restored: boolean;
}
