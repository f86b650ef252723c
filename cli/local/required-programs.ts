import { spawnSync } from "node:child_process";
import { UsageError } from "../errors.ts";

const programs = {
  git: "Lockstep is started by `git push`: install git and run this again.",
  flock: "It keeps two pushes apart: install util-linux, of which it is part, and run this again.",
};

/** Looks for the programs of the machine that the local cloud cannot do without, before anything is made. */
export function requirePrograms(): void {
  for (const [program, advice] of Object.entries(programs)) {
    const { error } = spawnSync(program, ["--version"], { stdio: "ignore" });
    if (error) throw new UsageError(`${program} was not found. ${advice}`, { cause: error });
  }
}
