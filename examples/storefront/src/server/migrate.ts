import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { readDatabaseConfig } from "./config.ts";
import { connection } from "./database.ts";
import { describe, log } from "./log.ts";
import {
  explainFailure,
  hashOf,
  type Journal,
  type Migration,
  pendingMigrations,
  readJournal,
  runsOutsideTransaction,
  statementsOf,
} from "./migrations.ts";

const folder = join(import.meta.dirname, "../drizzle");
const lockKey = 7_240_118_301;
const lockWaitMillis = 120_000;

try {
  await run();
} catch (error) {
  log.error("migration failed", { error: describe(error) });
  process.exit(1);
}

/** One connection for all: the lock is the session's, so it ends with this process however that ends. */
async function run(): Promise<void> {
  const journal = readJournal(folder);
  const client = new pg.Client({ ...connection(readDatabaseConfig(process.env)), connectionTimeoutMillis: 10_000 });
  // The statement under way fails with the same words; an event nobody hears would end the process without them.
  client.on("error", () => undefined);
  await client.connect();
  try {
    await waitForLock(client);
    await migrateWith(client, journal);
  } finally {
    await client.end();
  }
}

/** Asks again and again instead of waiting in PostgreSQL, where a short lock_timeout would end the wait. */
async function waitForLock(client: pg.Client): Promise<void> {
  const deadline = Date.now() + lockWaitMillis;
  while (Date.now() < deadline) {
    const { rows } = await client.query<{ taken: boolean }>("select pg_try_advisory_lock($1) as taken", [lockKey]);
    if (rows[0]?.taken === true) return;
    log.info("waiting for another migration to end");
    await delay(1_000);
  }
  throw new Error(`Another migration has held the lock for ${lockWaitMillis / 1_000} s.`);
}

async function migrateWith(client: pg.Client, journal: Journal): Promise<void> {
  const pending = pendingMigrations(journal, await appliedAt(client));
  if (pending.length === 0) return log.info("nothing to migrate", { known: journal.length });
  log.info("migrating", { pending: pending.map((migration) => migration.tag) });
  await client.query("create schema if not exists drizzle");
  await client.query(
    "create table if not exists drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)",
  );
  for (const migration of pending) {
    await apply(client, migration);
    log.info("applied", { migration: migration.tag });
  }
}

/** A migration and its line in the ledger are one transaction: after a failure the database is as it was. */
async function apply(client: pg.Client, migration: Migration): Promise<void> {
  const inTransaction = !runsOutsideTransaction(migration);
  if (inTransaction) await client.query("begin");
  for (const statement of statementsOf(migration)) {
    await client.query(statement).catch((error: unknown) => {
      throw explainFailure(error, migration, statement);
    });
  }
  await client.query("insert into drizzle.__drizzle_migrations (hash, created_at) values ($1, $2)", [
    hashOf(migration),
    migration.when,
  ]);
  if (inTransaction) await client.query("commit");
}

/** When the applied migrations were made, which is how drizzle tells them apart. */
async function appliedAt(client: pg.Client): Promise<number[]> {
  const { rows: found } = await client.query(
    "select to_regclass('drizzle.__drizzle_migrations') is not null as exists",
  );
  if (found[0]?.exists !== true) return [];
  const { rows } = await client.query<{ created_at: string }>("select created_at from drizzle.__drizzle_migrations");
  return rows.map((row) => Number(row.created_at));
}
