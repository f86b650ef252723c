import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, cpSync, globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const quietly = ["--no-audit", "--no-fund", "--loglevel=error"];

/** Installs the tarball in a new app as a user does, and takes the app through its first releases. Throws at the first command that fails. */
export function tryPackage(tarball: string): void {
  const directory = mkdtempSync(path.join(tmpdir(), "lockstep-package-"));
  const run = (...argv: string[]) => runIn(directory, argv);
  const installed = path.join(directory, "node_modules", "lockstep");
  createApp(directory);
  run("npm", "install", "--save-dev", ...quietly, tarball, "typescript@7.0.2", "@types/node@24");
  const before = hashOf(installed);
  run("npx", "tsc", "--noEmit", "--strict", "--module", "nodenext", "--types", "node", "lockstep.config.ts");
  run("npx", "lockstep", "--help");
  synthesizeCdkApp(directory);
  commit(directory, "Add the app");
  try {
    run("npx", "lockstep", "up", "--detach", "--speed", "600");
    appendFileSync(path.join(directory, "src", "server.js"), "// Changed.\n");
    commit(directory, "Change the app");
    run("npx", "lockstep", "push");
    run("npx", "lockstep", "rollback");
  } finally {
    run("npx", "lockstep", "down");
  }
  if (hashOf(installed) !== before) throw new Error(`The commands changed files of the package in ${installed}`);
  rmSync(directory, { recursive: true, force: true });
  console.log("The package works.");
}

function createApp(directory: string): void {
  cpSync(path.join(root, "test", "fixtures", "tiny-app"), directory, { recursive: true });
  const config = { name: "tiny", app: { migrations: false }, stages: { production: { branch: "main" } } };
  writeFileSync(
    path.join(directory, "lockstep.config.ts"),
    `import { defineConfig } from "lockstep";\n\nexport default defineConfig(${JSON.stringify(config)});\n`,
  );
  writeFileSync(path.join(directory, ".gitignore"), "node_modules/\n.lockstep/\ncdk-app/\n");
  runIn(directory, ["git", "init", "--quiet", "--initial-branch=main"]);
}

/** In a folder of the app, so that it has the same packages. */
function synthesizeCdkApp(directory: string): void {
  const folder = path.join(directory, "cdk-app");
  cpSync(path.join(root, "examples", "cdk-app"), folder, { recursive: true });
  runIn(folder, ["npx", "tsc"]);
  runIn(folder, ["npx", "cdk", "synth", "--quiet", "--no-notices", "--app", `"${process.execPath}" app.ts`]);
}

function commit(directory: string, message: string): void {
  const author = ["-c", "user.name=Lockstep", "-c", "user.email=lockstep@localhost"];
  runIn(directory, ["git", "add", "--all"]);
  runIn(directory, ["git", ...author, "commit", "--quiet", "--message", message]);
}

/** Shows the command, its output and how long it took. */
function runIn(directory: string, [program = "", ...args]: readonly string[]): void {
  console.log(`\n$ ${[program, ...args].join(" ")}`);
  const started = Date.now();
  execFileSync(program, args, { cwd: directory, stdio: ["ignore", "inherit", "inherit"] });
  console.log(`(${((Date.now() - started) / 1000).toFixed(1)} s)`);
}

function hashOf(folder: string): string {
  const files = globSync("**/*", { cwd: folder }).filter((file) => statSync(path.join(folder, file)).isFile());
  const hash = createHash("sha256");
  for (const file of files.toSorted()) hash.update(`${file}\0`).update(readFileSync(path.join(folder, file)));
  return hash.digest("hex");
}
