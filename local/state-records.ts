import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";

interface Requirement {
  file: string;
  /** Throws if the file cannot be used. */
  check: () => void;
}

const instance = z.object({ resourceId: z.string(), status: z.string(), builtAt: z.number().optional() });

/** Checks the database of the control plane; returns whether there are records. */
export function checkDatabase(file: string): boolean {
  const database = new DatabaseSync(file);
  try {
    const [row] = database.prepare("PRAGMA quick_check(1)").all();
    if (row?.quick_check !== "ok") throw new Error(String(row?.quick_check));
    return ["records", "events"].map((table) => checkRows(database, table)).some(Boolean);
  } finally {
    database.close();
  }
}

function checkRows(database: DatabaseSync, table: string): boolean {
  if (!hasTable(database, table)) return false;
  const row = database.prepare(`SELECT * FROM ${table} WHERE NOT json_valid(value) LIMIT 1`).get();
  if (!row) return database.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get() !== undefined;
  const { value: _value, ...key } = row;
  throw new Error(`the row ${Object.values(key).join(" ")} of table ${table} is not JSON`);
}

const hasTable = (database: DatabaseSync, table: string) =>
  database.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?").get(table) !== undefined;

/** Files of services without which the records refer to data that is gone: a service would begin with none. */
export function requiredByRecords(directory: string): Requirement[] {
  const database = new DatabaseSync(path.join(directory, "state.sqlite")); // a read-only one would leave -wal and -shm behind
  try {
    if (!hasTable(database, "records")) return [];
    const select = database.prepare("SELECT key, value FROM records WHERE collection = ?");
    const rows = (collection: string) =>
      select
        .all(collection)
        .map(({ key, value }) => ({ key: String(key), value: JSON.parse(String(value)) as unknown }));
    return [
      ...(rows("dynamodb.tables").length > 0 ? tables(path.join(directory, "dynamodb", "tables")) : []),
      ...rows("codecommit.announced").map(({ key }) => repository(path.join(directory, "codecommit", `${key}.git`))),
      ...rows("rds.instances").flatMap(({ value }) => cluster(directory, instance.parse(value))),
    ];
  } finally {
    database.close();
  }
}

const provisioned = z.object({
  stack: z.string(),
  type: z.string(),
  isRetained: z.boolean().default(false),
  state: z.object({ physicalId: z.string() }),
});
export type ProvisionedResource = z.output<typeof provisioned>;

/** The names of the stacks that the state holds, and their resources. */
export function provisionedStacks(directory: string): { stacks: string[]; resources: ProvisionedResource[] } {
  const file = path.join(directory, "state.sqlite");
  if (!existsSync(file)) return { stacks: [], resources: [] };
  const database = new DatabaseSync(file);
  try {
    if (!hasTable(database, "records")) return { stacks: [], resources: [] };
    const select = database.prepare("SELECT key, value FROM records WHERE collection = ?");
    return {
      stacks: select.all("cloudformation.stacks").map(({ key }) => String(key)),
      resources: select
        .all("cloudformation.resources")
        .map(({ value }) => provisioned.parse(JSON.parse(String(value)))),
    };
  } finally {
    database.close();
  }
}

/** LevelDB creates an empty database when there is no CURRENT. */
function tables(folder: string): Requirement[] {
  const file = path.join(folder, "CURRENT");
  const check = () => {
    const manifest = readFileSync(file, "utf8").trim();
    if (!/^MANIFEST-\d+$/.test(manifest)) throw new Error(manifest === "" ? "it is empty" : "its content is not valid");
    if (!existsSync(path.join(folder, manifest))) throw new Error(`${manifest}, which it names, is missing`);
  };
  return [{ file, check }];
}

/** Git reads HEAD and the configuration, and finds the commit of each branch and tag. */
function repository(file: string): Requirement {
  const check = () => {
    if (!existsSync(file)) throw new Error("it is missing");
    const args = [`--git-dir=${file}`, "for-each-ref", "--format=%(objecttype)"];
    const env = { PATH: process.env.PATH, LC_ALL: "C", GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
    const { status, stderr } = spawnSync("git", args, { encoding: "utf8", env });
    if (status !== 0 || stderr !== "") throw new Error(stderr.trim().split("\n", 1)[0] || "git cannot read it");
  };
  return { file, check };
}

/** An instance that was available once; `initdb` of any other is repeated. */
function cluster(directory: string, { resourceId, status, builtAt }: z.infer<typeof instance>): Requirement[] {
  if (builtAt === undefined || status === "deleting") return [];
  const instances = path.join(directory, "rds", "instances");
  if (!existsSync(instances)) return []; // the data is elsewhere: see `fallbackDirectory` of rds
  const data = path.join(instances, resourceId, "data");
  const version = path.join(data, "PG_VERSION");
  const control = path.join(data, "global", "pg_control");
  return [
    { file: data, check: () => void readdirSync(data) },
    { file: version, check: () => requireContent(/^\d+\s*$/.test(readFileSync(version, "utf8"))) },
    { file: control, check: () => requireContent(readFileSync(control).length > 0) },
  ];
}

function requireContent(isValid: boolean): void {
  if (!isValid) throw new Error("its content is not valid");
}
