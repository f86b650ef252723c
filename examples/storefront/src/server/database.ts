import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import pg from "pg";
import type { DatabaseConfig } from "./config.ts";
import { describe, log } from "./log.ts";

export type Database = { readonly pool: pg.Pool; readonly orm: NodePgDatabase };

export function openDatabase(config: DatabaseConfig): Database {
  const pool = new pg.Pool({
    ...connection(config),
    max: 10,
    connectionTimeoutMillis: 5_000,
    // Shorter than the time a stopping process gives its requests.
    statement_timeout: 15_000,
  });
  // A connection that breaks while idle is replaced at the next query; without a listener it would end the process.
  pool.on("error", (error) => log.error("an idle database connection was lost", { error: describe(error) }));
  return { pool, orm: drizzle(pool) };
}

export function connection(config: DatabaseConfig): pg.ClientConfig {
  return {
    host: config.PGHOST,
    port: config.PGPORT,
    user: config.PGUSER,
    password: config.PGPASSWORD,
    database: config.PGDATABASE,
    ssl: tls(config),
  };
}

/** The modes mean what they mean to libpq: `require` encrypts, and checks the certificate when it is given a root. */
function tls(config: DatabaseConfig): false | ConnectionOptions {
  const root = config.PGSSLROOTCERT === undefined ? {} : { ca: readFileSync(config.PGSSLROOTCERT, "utf8") };
  switch (config.PGSSLMODE) {
    case "disable":
      return false;
    case "no-verify":
      return { rejectUnauthorized: false };
    case "require":
      return "ca" in root ? { ...root, checkServerIdentity: () => undefined } : { rejectUnauthorized: false };
    case "verify-full":
      return root;
  }
}
