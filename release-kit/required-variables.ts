import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { ReleaseKitError } from "./errors.ts";

const fileName = ".env.example";

/** Environment variables that the app requires: those in `.env.example` that are not commented out. None without the file. */
export function readRequiredVariables(appDirectory: string): string[] {
  const file = path.join(appDirectory, fileName);
  return existsSync(file) ? parseRequiredVariables(readFileSync(file, "utf8")) : [];
}

/** `NAME=anything` is required; `# NAME=anything` is optional. */
export function parseRequiredVariables(text: string): string[] {
  const lineNumbers = new Map<string, number>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const content = line.trim();
    if (content === "" || content.startsWith("#")) continue;
    const name = /^(?:export\s+)?([A-Za-z_]\w*)\s*=/.exec(content)?.[1];
    const at = `${fileName}, line ${index + 1}`;
    if (name === undefined)
      throw new ReleaseKitError(
        `${at}: "${content}" is neither NAME=value nor a comment. Fix: write each variable on one line.`,
      );
    const earlier = lineNumbers.get(name);
    if (earlier !== undefined)
      throw new ReleaseKitError(`${at}: ${name} is already on line ${earlier}. Fix: remove one of them.`);
    lineNumbers.set(name, index + 1);
  }
  return [...lineNumbers.keys()];
}
