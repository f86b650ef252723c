import { spawnSync } from "node:child_process";
import { UsageError } from "../errors.ts";

const programs = {
  git: "Fix: install git.",
  flock: "Fix: install util-linux, which contains it.",
};

/** Checks for the system programs that the local cloud needs, before anything is started. */
export function requirePrograms(): void {
  for (const [program, advice] of Object.entries(programs)) {
    const { error } = spawnSync(program, ["--version"], { stdio: "ignore" });
    if (error) throw new UsageError(`Program ${program} was not found. ${advice}`, { cause: error });
  }
}
