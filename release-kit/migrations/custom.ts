import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { ReleaseKitError } from "../errors.ts";
import { readSql } from "./files.ts";
import type { Migration, ReadRepository } from "./migration.ts";

const output = z.array(
  z.union([z.string().min(1), z.object({ name: z.string().min(1), file: z.string().optional() })]),
);

/** What the command of the configuration lists. */
export const custom: ReadRepository = (appDirectory, { list: [program = "", ...rest] = [] }) => {
  const command = [program, ...rest].join(" ");
  let text: string;
  try {
    text = execFileSync(program, rest, { cwd: appDirectory, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  } catch (cause) {
    throw new ReleaseKitError(
      `The command ${command} (app.migrations.list) failed: ${cause instanceof Error ? cause.message : String(cause)}. Fix: correct it; it runs in the app's directory at the end of the build.`,
      { cause },
    );
  }
  return { migrations: entriesOf(text, command).map((entry) => migrationOf(appDirectory, entry, command)) };
};

type Entry = z.output<typeof output>[number];

function entriesOf(text: string, command: string): Entry[] {
  if (!text.trimStart().startsWith("[")) return text.split("\n").flatMap((line) => line.trim() || []);
  try {
    return output.parse(JSON.parse(text));
  } catch (cause) {
    throw new ReleaseKitError(
      `The output of ${command} (app.migrations.list) is not a JSON list of names or of { name, file }. Fix: print that, or a name per line.`,
      { cause },
    );
  }
}

function migrationOf(appDirectory: string, entry: Entry, command: string): Migration {
  const { name, file } = typeof entry === "string" ? { name: entry, file: undefined } : entry;
  if (file === undefined) return { tag: name, file: name };
  const location = path.join(appDirectory, file);
  if (!existsSync(location))
    throw new ReleaseKitError(
      `The command ${command} lists ${file}, which does not exist. Fix: correct app.migrations.list.`,
    );
  return { tag: name, file, ...(path.extname(file) === ".sql" && { sql: readSql(location) }) };
}
