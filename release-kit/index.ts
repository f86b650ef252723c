/** The command line of builds, in the app's folder: `node release-kit.mjs install`, and so on; the README describes them. */
import path from "node:path";
import { setFlagsFromString } from "node:v8";
import { buildAndTestApp, buildApp, installApp, pruneApp, testApp } from "./build-app.ts";
import { ReleaseKitError } from "./errors.ts";

const commands: Readonly<Record<string, (directory: string) => void | Promise<void>>> = {
  install: installApp,
  test: (directory) => testApp(directory),
  build: buildApp,
  "build-and-test": buildAndTestApp,
  // In bundles of their own (bundle.ts), which are loaded when they run: a build starts the kit several times.
  "start-database": async () => (await import("#release-kit/build-database.ts")).startDatabase(),
  "stop-database": async () => (await import("#release-kit/build-database.ts")).stopDatabase(),
  prune: pruneApp,
  publish: async (directory) => {
    // In a process of its own: after another command in the same process, one of 14 failed publishes hung when it exited (Node.js 24).
    // The parser of PostgreSQL is WebAssembly: to optimize it takes a second, for which also the end of the process waits, and to parse a migration takes milliseconds.
    for (const flag of ["--no-wasm-tier-up", "--no-wasm-dynamic-tiering"]) setFlagsFromString(flag);
    const { publish } = await import("#release-kit/publish.ts");
    await publish(directory, process.argv[3] ?? path.join(import.meta.dirname, "release.env"));
  },
};

try {
  const [, , name = ""] = process.argv;
  const command = commands[name];
  if (!command)
    throw new ReleaseKitError(
      `Unknown command "${name}". Fix: use ${Object.keys(commands).join(", ")}; \`publish\` ends a build.`,
    );
  await command(process.cwd());
} catch (error) {
  // By its name: each bundle has its own class.
  console.error(error instanceof Error && error.name === "ReleaseKitError" ? `Release kit: ${error.message}` : error);
  process.exit(1);
}
// Idle connections to the registry would keep the process alive for another minute.
process.exit(0);
