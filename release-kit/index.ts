/** The command line of builds, in the app's folder: `node release-kit.mjs install`, `node release-kit.mjs build test`, and so on; the README describes them. */
import path from "node:path";
import { setFlagsFromString } from "node:v8";
import { buildAndTestApp, buildApp, installApp, pruneApp, testApp } from "./build-app.ts";
import { ReleaseKitError } from "./errors.ts";

type Command = (directory: string) => void | Promise<void>;

const [, , ...words] = process.argv;
/** It is the last command; the name of its file may follow. */
const publishAt = words.indexOf("publish");

const commands: Readonly<Record<string, Command>> = {
  install: installApp,
  test: (directory) => testApp(directory),
  build: buildApp,
  "build-and-test": buildAndTestApp,
  // In bundles of their own (bundle.ts), which are loaded when they run: a build starts the kit several times.
  "start-database": async () => (await import("#release-kit/build-database.ts")).startDatabase(),
  "stop-database": async () => (await import("#release-kit/build-database.ts")).stopDatabase(),
  prune: pruneApp,
  publish: async (directory) => {
    // The parser of PostgreSQL is WebAssembly: to optimize it takes a second, for which also the end of the process waits, and to parse a migration takes milliseconds.
    for (const flag of ["--no-wasm-tier-up", "--no-wasm-dynamic-tiering"]) setFlagsFromString(flag);
    const { publish } = await import("#release-kit/publish.ts");
    await publish(directory, words[publishAt + 1] ?? path.join(import.meta.dirname, "release.env"));
  },
};

function commandOf(name: string): Command {
  const command = commands[name];
  if (command) return command;
  throw new ReleaseKitError(
    `Unknown command "${name}". Fix: use ${Object.keys(commands).join(", ")}; \`publish\` ends a build.`,
  );
}

try {
  const names = publishAt < 0 ? words : words.slice(0, publishAt + 1);
  for (const command of (names.length > 0 ? names : [""]).map(commandOf)) await command(process.cwd());
} catch (error) {
  // By its name: each bundle has its own class.
  console.error(error instanceof Error && error.name === "ReleaseKitError" ? `Release kit: ${error.message}` : error);
  process.exit(1);
}
// Idle connections to the registry would keep the process alive for another minute.
process.exit(0);
