/** `node lockstep-migrate.mjs <folder> <table>`, in the image of an app with plain SQL migrations: applies those that the table lacks. */
import { Client } from "pg";
import { applyMigrations } from "./apply-migrations.ts";

const [folder = "migrations", table = "lockstep_migrations"] = process.argv.slice(2);
const { PGHOST, DATABASE_URL } = process.env;
const client = new Client(PGHOST === undefined && DATABASE_URL !== undefined ? { connectionString: DATABASE_URL } : {});
client.on("error", () => {}); // the statement in progress reports it
try {
  await client.connect();
  const count = await applyMigrations(client, { folder, table, log: console.log });
  console.log(count === 0 ? "Nothing to apply" : `Applied ${count}`);
} catch (error) {
  console.error(`Migration failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await client.end();
}
