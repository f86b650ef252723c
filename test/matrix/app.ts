import path from "node:path";
import { bundledScript } from "../support/bundled-script.ts";

/** The faults of a release of the app. */
export interface Behavior {
  crashes?: true;
  /** How long the app takes to listen. */
  startSeconds?: number;
  /** Crashes at startup if this query fails. */
  startupQuery?: string;
  /** Crashes at startup if the database has this table. */
  newerTable?: string;
  health?: "errors" | "errors when probed";
  /** Host header of the pipeline's production probe. */
  productionHost?: string;
  api?: "errors";
  /** Makes the commit differ from its parent. */
  note?: string;
}

const buildScript = "mkdir -p dist && cp src/* dist/";

type Files = Readonly<Record<string, string>>;

const migrations = new Map<string, string>([
  ["0000_entries", "create table entries (key text primary key, at timestamptz not null default now());"],
]);

let bundled: Files | undefined;

/** All files of the app; it has no packages to install. */
export async function appFiles(): Promise<Files> {
  bundled ??= {
    "src/server.js": await bundledScript(path.join(import.meta.dirname, "app/server.ts")),
    "src/migrate.js": await bundledScript(path.join(import.meta.dirname, "../fixtures/migrate.ts")),
  };
  const lock = { name: "ledger", version: "1.0.0", lockfileVersion: 3, requires: true, packages: { "": manifest() } };
  return {
    ...bundled,
    ...scripts({}),
    ...withBehavior({}),
    ...migrationFiles(),
    "package-lock.json": JSON.stringify(lock),
    ".env.example": "SESSION_SECRET=a-long-random-text\n",
  };
}

export const withBehavior = (behavior: Behavior): Files => ({ "src/behavior.json": JSON.stringify(behavior) });

export const scripts = (changed: Readonly<Record<string, string>>): Files => ({
  "package.json": JSON.stringify({ ...manifest(), scripts: { build: buildScript, ...changed } }),
});

/** A build that waits for a shell command first. */
export const slowBuild = (wait: string): Files => scripts({ build: `${wait} && ${buildScript}` });

/** A build with a file for browsers that no earlier release has. */
export const newAsset = (name: string): Files =>
  scripts({ build: `${buildScript} && mkdir -p dist/assets && touch dist/assets/${name}-Aa00001x.js` });

/** The files of all migrations including this one, as drizzle-kit writes them. */
export function migration(tag: string, sql: string): Files {
  migrations.set(tag, sql);
  return migrationFiles();
}

/** Removes a migration that was never applied. */
export function withoutMigration(tag: string): void {
  migrations.delete(tag);
}

function migrationFiles(): Files {
  const entries = [...migrations.keys()].map((tag) => ({ tag, when: 1000 + Number(tag.slice(0, 4)) }));
  const files = [...migrations].map(([tag, sql]) => [`drizzle/${tag}.sql`, sql]);
  return {
    ...Object.fromEntries(files),
    "drizzle/meta/_journal.json": JSON.stringify({ dialect: "postgresql", entries }),
  };
}

const manifest = () => ({ name: "ledger", version: "1.0.0", private: true, type: "module" });
