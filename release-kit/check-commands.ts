import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { dockerfileAdvice } from "./dockerfile.ts";
import { ReleaseKitError } from "./errors.ts";
import type { ImageEntry } from "./image/content.ts";
import { runner } from "./migrations/prepare-migrations.ts";
import type { MigrationSettings } from "./migrations/settings.ts";
import { readJson } from "./read-json.ts";
import { refusedCommand } from "./refused-command.ts";

interface Commands {
  readonly start: readonly string[];
  readonly migrations: MigrationSettings | false;
  /** Whether there are migrations, without which the command never runs. */
  readonly migrates: boolean;
}

const manifestSchema = z.looseObject({ scripts: z.record(z.string(), z.string()).optional() });
type Scripts = Readonly<Record<string, string>>;

/** The folder that becomes `/app`, and the app's folder in it. */
interface Place {
  readonly root: string;
  readonly app: string;
}

/** Commands of the image that could not work there, or that change the schema without migrations. */
export function checkCommands(place: Place, { start, migrations, migrates }: Commands): void {
  const scripts = readScripts(path.join(place.root, place.app));
  checkProgram(place, start, { field: "app.start", what: "start command" });
  refuse(start, scripts, "app.start");
  if (migrations === false) return;
  if (migrates) checkProgram(place, migrations.command, { field: "app.migrations.command", what: "migrate command" });
  refuse(migrations.command, scripts, "app.migrations.command");
}

function readScripts(directory: string): Scripts {
  const file = path.join(directory, "package.json");
  if (!existsSync(file)) return {};
  return manifestSchema.safeParse(readJson(file)).data?.scripts ?? {};
}

function checkProgram(
  { root, app }: Place,
  command: readonly string[],
  { field, what }: { field: string; what: string },
): void {
  const [program = "", first = ""] = command;
  const directory = path.join(root, app);
  const isScript = program === "node" && /^[^-/].*\.[cm]?[jt]s$/.test(first);
  if (isScript && first !== runner && !existsSync(path.join(directory, first)))
    throw new ReleaseKitError(
      `The ${what} is ${program} ${first}, but the build did not create ${first}. Fix: correct ${field} in lockstep.config.ts, or the build script.${field === "app.start" ? dockerfileAdvice(directory) : ""}`,
    );
  const binary = binaryOf(command);
  if (binary === undefined || existsSync(path.join(directory, "node_modules", ".bin", binary))) return;
  const atRoot = path.join("node_modules", ".bin", binary);
  if (!existsSync(path.join(root, atRoot)))
    throw new ReleaseKitError(
      `The ${what} is ${command.join(" ")}, but ${binary} is not in the image, which has the dependencies without devDependencies. Fix: move the package of ${binary} to dependencies, or set ${field} to a script of the build.`,
    );
  if (program.startsWith("node_modules/"))
    throw new ReleaseKitError(
      `The ${what} is ${command.join(" ")}, but the workspace installs ${binary} in its root. Fix: set ${field} to ${path.join(path.relative(directory, root), atRoot)} and its arguments.`,
    );
}

/** The program of a package, e.g. `knex` of `node_modules/.bin/knex migrate:latest` or `npx knex migrate:latest`. */
function binaryOf([program = "", ...rest]: readonly string[]): string | undefined {
  if (program.startsWith("node_modules/.bin/")) return program.slice("node_modules/.bin/".length);
  const words = program === "pnpm" && rest[0] === "exec" ? rest.slice(1) : program === "npx" ? rest : [];
  return words.find((word) => !word.startsWith("-"));
}

function refuse(command: readonly string[], scripts: Scripts, field: string): void {
  for (const text of [command.join(" "), ...scriptsOf(command.join(" "), scripts, new Set())]) {
    const instead = refusedCommand(text.split(/\s+/));
    if (instead === undefined) continue;
    throw new ReleaseKitError(
      `${field} runs ${text}, which must not change the database of a stage. Expected ${instead}. Fix: change ${field} in lockstep.config.ts, or the script in package.json.`,
    );
  }
}

/** The scripts of package.json that a command runs, and those that they run. */
function scriptsOf(text: string, scripts: Scripts, visited: Set<string>): string[] {
  const runs = text.matchAll(/\b(?:npm|pnpm|yarn|node)\s+(?:--run\s+|run\s+(?:--?\S+\s+)*)?([\w:.-]+)/g);
  return [...runs].flatMap(([, name = ""]) => {
    const script = scripts[name];
    if (script === undefined || visited.has(name)) return [];
    visited.add(name);
    return [script, ...scriptsOf(script, scripts, visited)];
  });
}

const schemaSync = /\bsynchronize\s*:\s*(?:true\b|!0)/;

/** TypeORM would change the schema to what the entities say whenever the app starts. */
export function checkSchemaSync(root: string, entries: readonly Pick<ImageEntry, "name" | "type">[]): void {
  const isCode = ({ name, type }: Pick<ImageEntry, "name" | "type">) =>
    type === "File" && /\.[cm]?[jt]s$/.test(name) && !name.endsWith(".d.ts");
  for (const { name } of entries.filter(isCode)) {
    const lines = readFileSync(path.join(root, name), "utf8").split("\n");
    const place = lines.findIndex((line) => schemaSync.test(line) && !/^\s*(?:\/\/|\*)/.test(line));
    if (place >= 0)
      throw new ReleaseKitError(
        `${name}, line ${place + 1}: synchronize: true changes the schema without migrations whenever the app starts, and the app's login may not change it. Fix: set synchronize: false, create migrations with typeorm migration:generate, commit them, and apply them with typeorm migration:run.`,
      );
  }
}
