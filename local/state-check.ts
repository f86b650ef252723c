import { accessSync, constants, existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { DamagedFile } from "./kernel/index.ts";
import { startFresh } from "./state-format.ts";
import { checkDatabase, requiredByRecords } from "./state-records.ts";

/** A file of the state directory cannot be used. Nothing has been changed. */
export class StateDamaged extends Error {
  override readonly name = "StateDamaged";
}

interface StateFile {
  name: string;
  /** Throws if the content cannot be used. */
  check: (file: string) => void;
  /** Whether it must exist once there are records: a new one would not open what the old one sealed. */
  isRequired?: boolean;
  /** Set for a file without data: deleting it loses nothing. */
  isReplaceable?: boolean;
}

const files: readonly StateFile[] = [
  { name: "format", check: (file) => requireText(file, /^\d+\s*$/) },
  { name: "port", check: (file) => requireText(file, /^\d{1,5}\s*$/), isReplaceable: true },
  { name: "credentials.json", check: (file) => requireText(file, /^\{.*"tokenKey":"[^"]+".*\}$/s), isRequired: true },
  { name: "secrets-manager/key", check: requireKey, isRequired: true },
  { name: "rds/rds-ca.pem", check: (file) => requireText(file, /-----BEGIN CERTIFICATE-----/) },
  { name: "rds/rds-ca.key", check: (file) => requireText(file, /-----BEGIN [A-Z ]*PRIVATE KEY-----/) },
];

const identity = z.object({ pid: z.number(), startTime: z.string() });

/** Files of one resource each, by pattern. None contains data: the control plane writes them again. */
const resourceFiles: Readonly<Record<string, z.ZodType>> = {
  "elastic-load-balancing-v2/*/process.json": identity,
  "ecs/tasks/*/*/process.json": identity,
  "codebuild/builds/*/process.json": identity,
  "rds/instances/*/process/process.json": identity,
  "elastic-load-balancing-v2/*/config.json": z.looseObject({}),
  "elastic-load-balancing-v2/*/healthy.json": z.array(z.string()),
};

const services = new Set(
  "codebuild codecommit dynamodb ecr ecs elastic-load-balancing-v2 github lambda rds secrets-manager".split(" "),
);
const replaceable = /^(port|lease\.sqlite|cloud\.json|.*\.log)$/;

/** Throws StateDamaged for a state directory that is none, or that this user may not use. */
export function checkDirectory(directory: string): void {
  if (!existsSync(directory)) return;
  explain(directory, { file: directory }, () => {
    readdirSync(directory);
    requireAccess(directory, true);
  });
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const { name } = entry;
    const file = path.join(directory, name);
    const isFile = /^(format|port)$|\.(sqlite|json|log)$/.test(name);
    explain(directory, { file, isReplaceable: replaceable.test(name) }, () => {
      if (isFile && entry.isDirectory()) throw new Error("it is a directory");
      if (services.has(name) && !entry.isDirectory()) throw new Error("it is not a directory");
      if (isFile || entry.isDirectory()) requireAccess(file, entry.isDirectory());
    });
  }
}

function requireAccess(file: string, isDirectory: boolean): void {
  accessSync(file, constants.R_OK | constants.W_OK | (isDirectory ? constants.X_OK : 0));
}

/** Throws StateDamaged for the first file that an earlier run left and that cannot be used. */
export function checkState(directory: string): void {
  checkDirectory(directory);
  const database = path.join(directory, "state.sqlite");
  const hasRecords = existsSync(database) && explain(directory, { file: database }, () => checkDatabase(database));
  for (const { name, check, isRequired, isReplaceable } of files) {
    const file = path.join(directory, name);
    if (existsSync(file) || (isRequired && hasRecords)) explain(directory, { file, isReplaceable }, () => check(file));
  }
  for (const [pattern, schema] of Object.entries(resourceFiles)) {
    for (const name of globSync(pattern, { cwd: directory })) {
      const file = path.join(directory, name);
      explain(directory, { file, isReplaceable: true }, () => requireJson(file, schema));
    }
  }
  if (!hasRecords) return;
  for (const { file, check } of requiredByRecords(directory)) explain(directory, { file }, check);
}

/** Runs `work`, which uses a file of the state, and explains its failure. */
export function explain<R>(
  directory: string,
  { file, isReplaceable }: { file: string; isReplaceable?: boolean | undefined },
  work: () => R,
): R {
  try {
    return work();
  } catch (cause) {
    if (isDenied(cause))
      throw new StateDamaged(
        `${file} cannot be used: permission denied. Nothing was changed. Fix: make the current user its owner, for example with sudo chown -R $(id -u) ${directory}, then lockstep up`,
        { cause },
      );
    const fix = isReplaceable
      ? `It contains no data. Fix: lockstep down && rm -r ${file} && lockstep up`
      : `The other files are unchanged: git repositories in ${path.join(directory, "codecommit")}, databases in ${path.join(directory, "rds")}. Fix: restore the file from a backup, or start fresh and keep the old state aside: ${startFresh(directory)}`;
    throw new StateDamaged(`${file} is damaged: ${problemOf(cause)}. ${fix}`, { cause });
  }
}

/** As `explain`, for damage that a service found while it started. */
export function explainDamage(directory: string, error: unknown): unknown {
  if (!(error instanceof DamagedFile)) return error;
  try {
    return explain(directory, error, () => {
      throw error;
    });
  } catch (explained) {
    return explained;
  }
}

function requireText(file: string, pattern: RegExp): void {
  const text = readFileSync(file, "utf8");
  if (!pattern.test(text)) throw new Error(text === "" ? "it is empty" : "its content is not valid");
}

function requireKey(file: string): void {
  const { length } = readFileSync(file);
  if (length !== 32) throw new Error(`it has ${length} bytes instead of 32`);
}

function requireJson(file: string, schema: z.ZodType): void {
  const text = readFileSync(file, "utf8");
  try {
    schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(text === "" ? "it is empty" : "its content is not valid", { cause });
  }
}

const problems: Readonly<Record<string, string>> = {
  ENOENT: "it is missing",
  EISDIR: "it is a directory",
  ENOTDIR: "it, or its parent, is not a directory",
  EIO: "the disk reported an input/output error",
};

const isDenied = (cause: unknown) =>
  cause instanceof Error && "code" in cause && ["EACCES", "EPERM"].includes(String(cause.code));

function problemOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const known = "code" in cause ? problems[String(cause.code)] : undefined;
  return known ?? cause.message.replace(/\.$/, "");
}
