import type { Manifest } from "../manifest.ts";
import { isDevelopmentServer, resolveScript } from "../scripts.ts";

const byName =
  /^((db|database|migrations?)[:-])?(migrate|migration|migrations|migrate-db)([:-](run|up|deploy|latest|prod|production|apply|all))?$/;
const compilesItself = /(^|\/)(ts-node|tsx|ts-node-esm|typeorm-ts-node-\w+)$/;

/** The script that applies migrations: the one that runs the tool's command, else one with a usual name that runs a file. */
export function findMigrateCommand(manifest: Manifest, toolCommand: RegExp): readonly string[] | undefined {
  const commands = Object.keys(manifest.scripts)
    .map((name) => ({ name, argv: resolveScript(manifest, name)?.argv ?? [] }))
    .filter(({ argv }) => argv.length > 0 && !compilesItself.test(argv[0] ?? "") && !isDevelopmentServer(argv));
  const ofTool = commands.find(({ argv }) => toolCommand.test(argv.join(" ")));
  const named = commands.find(({ name, argv }) => byName.test(name) && argv[0] === "node");
  return (ofTool ?? named)?.argv;
}

/** The value of an option of a command line: `-m db/migrations`, `--migrations-dir=db/migrations`. */
export function optionOf(argv: readonly string[] | undefined, ...names: readonly string[]): string | undefined {
  for (const [index, arg] of (argv ?? []).entries()) {
    const [name = "", value] = arg.split("=");
    if (names.includes(name)) return value ?? argv?.[index + 1];
  }
  return undefined;
}
