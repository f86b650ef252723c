import { promises as fs } from "node:fs";
import path from "node:path";
import { FileMigrationProvider, Migrator } from "kysely/migration";
import { db } from "./db.js";

const migrationFolder = path.join(import.meta.dirname, "migrations");
const migrator = new Migrator({ db, provider: new FileMigrationProvider({ fs, path, migrationFolder }) });

if (process.argv.includes("--list")) {
  for (const { name, executedAt } of await migrator.getMigrations()) console.log(executedAt ? "applied" : "pending", name);
} else {
  const { error, results = [] } = await migrator.migrateToLatest();
  for (const { migrationName, status } of results) console.log(`${migrationName}: ${status}`);
  if (error) {
    console.error(error);
    process.exitCode = 1;
  }
}
await db.destroy();
