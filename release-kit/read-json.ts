import { readFileSync } from "node:fs";
import path from "node:path";
import { ReleaseKitError } from "./errors.ts";

/** Reads a JSON file of the app as npm does, ignoring a byte order mark. `name` is the name of the file in errors. */
export function readJson(file: string, name = path.basename(file)): unknown {
  const text = readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ReleaseKitError(`${name} is not JSON: ${reason}. Fix: correct the file.`, { cause });
  }
}
