import { loadConfig, ConfigInvalid } from "../../lib/config.ts";
import { UsageError } from "../errors.ts";
import { findStage, type Stage } from "./stage.ts";

export const configFile = process.env.LOCKSTEP_CONFIG ?? "lockstep.config.ts";

/** The stage a command is about: the one named, else the first of the configuration. */
export async function loadStage(name: string | undefined): Promise<Stage> {
  try {
    return findStage(await loadConfig(configFile), name);
  } catch (error) {
    if (error instanceof ConfigInvalid) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}
