import { promises as fs } from "node:fs";
import path from "node:path";
import { FileMigrationProvider, Migrator } from "kysely/migration";
import { db } from "./db.js";

const migrationFolder = path.join(import.meta.dirname, "migrations");
const provider = new FileMigrationProvider({ fs, path, migrationFolder });
const migrator = new Migrator({ db, provider });

if (process.argv.includes("--list")) {
  const names = Object.keys(await provider.getMigrations());
  console.log(names.sort().join("\n"));
} else {
  const { error, results = [] } = await migrator.migrateToLatest();
  for (const { migrationName, status } of results) console.log(`${migrationName}: ${status}`);
  if (error) {
    console.error(error);
    process.exitCode = 1;
  }
}
await db.destroy();
