import { dependsOn, type Manifest } from "./manifest.ts";
import { observe, type Observation } from "./observation.ts";
import { readPm2 } from "./pm2.ts";
import { inFolder, locate, type Repository } from "./repository.ts";
import { isDevelopmentServer, resolveCommandLine, resolveScript } from "./scripts.ts";

const scriptNames = ["start:prod", "start:production", "serve:prod", "start"];

/** How the app starts in production: as pm2 starts it today, by a script of package.json, else as its hosting files or its framework say. */
export function findStartCommand(
  repository: Repository,
  root: string,
  manifest: Manifest,
): Observation<readonly string[]> | undefined {
  return (
    fromPm2(repository, root, manifest) ??
    fromScripts(repository, manifest) ??
    fromHostingFiles(repository, root, manifest) ??
    fromConvention(repository, root, manifest)
  );
}

function fromPm2(repository: Repository, root: string, manifest: Manifest) {
  const app = readPm2(repository, root, manifest);
  return app?.start && isForProduction(app.start) ? observe(app.start, app.evidence, "pm2 starts it so") : undefined;
}

function fromScripts(repository: Repository, manifest: Manifest): Observation<readonly string[]> | undefined {
  for (const name of scriptNames) {
    const script = manifest.scripts[name];
    if (script === undefined) continue;
    const evidence = locate(repository, manifest.file, `"${name}"`);
    const resolved = resolveScript(manifest, name);
    if (resolved === undefined)
      return observe(["sh", "-c", script], evidence, `the script ${name}, which needs a shell`);
    const argv = isNestDevelopment(resolved.argv) ? undefined : withoutOwnPort(resolved.argv);
    if (argv !== undefined && isForProduction(argv)) return observe(argv, evidence, `the script ${name}`);
  }
  return undefined;
}

/** pm2 itself is not: ECS keeps the app running. */
const isForProduction = (argv: readonly string[]) =>
  !isDevelopmentServer(argv) && !/\/pm2(-runtime)?$/.test(argv[0] ?? "");

/** `nest start` compiles; `node dist/main` is what the build leaves. */
const isNestDevelopment = ([program = "", command = ""]: readonly string[]) =>
  program.endsWith("/nest") && command === "start";

/** `next start -p 3000`: without the option, Next.js listens on PORT. */
function withoutOwnPort(argv: readonly string[]): readonly string[] {
  if (!argv[0]?.endsWith("/next")) return argv;
  return argv.filter((arg, index) => !/^(-p|--port)(=|$)/.test(arg) && !/^(-p|--port)$/.test(argv[index - 1] ?? ""));
}

/** The process `web` of a Procfile, or CMD of a Dockerfile. */
function fromHostingFiles(repository: Repository, root: string, manifest: Manifest) {
  const procfile = inFolder(root, "Procfile");
  const web = /^web:\s*(.+)$/m.exec(repository.read(procfile) ?? "")?.[1];
  const dockerfile = inFolder(root, "Dockerfile");
  const commands = [...(repository.read(dockerfile) ?? "").matchAll(/^CMD\s+(\[.+\])\s*$/gm)].map(
    ([, json = ""]) => json,
  );
  const lines = [
    { file: procfile, line: web, pattern: /^web:/ },
    { file: dockerfile, line: commands.at(-1)?.replaceAll(/[[\],]/g, " "), pattern: /^CMD/ },
  ];
  for (const { file, line, pattern } of lines) {
    const argv = line === undefined ? undefined : resolveCommandLine(manifest, line)?.argv;
    if (argv !== undefined && isForProduction(argv))
      return observe(argv, locate(repository, file, pattern), `the command in ${file}`);
  }
  return undefined;
}

function fromConvention(repository: Repository, root: string, manifest: Manifest) {
  if (dependsOn(manifest, "next"))
    return observe(["node_modules/.bin/next", "start"], manifest.file, "Next.js without a start script");
  if (dependsOn(manifest, "@nestjs/core"))
    return observe(["node", "dist/main.js"], manifest.file, "NestJS builds dist/main.js");
  const file = ["server.js", "server.mjs", "index.js", "app.js"].find((name) => repository.has(inFolder(root, name)));
  if (file !== undefined) return observe(["node", file], inFolder(root, file), "no start script; the file exists");
  return undefined;
}
