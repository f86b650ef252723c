import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { ReleaseKitError } from "./errors.ts";

const fileName = ".env.example";

/** Variables that the app says it needs: those of `.env.example` that are not commented out. Without the file, none. */
export function readRequiredVariables(appDirectory: string): string[] {
  const file = path.join(appDirectory, fileName);
  return existsSync(file) ? parseRequiredVariables(readFileSync(file, "utf8")) : [];
}

/** `NAME=anything` is required; `# NAME=anything` is optional; comments and blank lines say nothing. */
export function parseRequiredVariables(text: string): string[] {
  const found = new Map<string, number>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const content = line.trim();
    if (content === "" || content.startsWith("#")) continue;
    const name = /^(?:export\s+)?([A-Za-z_]\w*)\s*=/.exec(content)?.[1];
    const at = `${fileName}, line ${index + 1}`;
    if (name === undefined)
      throw new ReleaseKitError(`${at}: "${content}" is neither NAME=value nor a comment. Values take one line.`);
    const before = found.get(name);
    if (before !== undefined) throw new ReleaseKitError(`${at}: ${name} is already on line ${before}`);
    found.set(name, index + 1);
  }
  return [...found.keys()];
}
