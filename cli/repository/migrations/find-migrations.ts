import type { Observation } from "../observation.ts";
import { drizzle } from "./drizzle.ts";
import { knex } from "./knex.ts";
import { kysely } from "./kysely.ts";
import type { AppFiles, FindMigrations, MigrationChoice } from "./migration-tool.ts";
import { nodePgMigrate } from "./node-pg-migrate.ts";
import { prisma } from "./prisma.ts";
import { sequelize } from "./sequelize.ts";
import { sql } from "./sql.ts";
import { typeorm } from "./typeorm.ts";

/** A folder of SQL files comes last: several tools keep theirs in one. */
const tools: readonly FindMigrations[] = [drizzle, prisma, knex, nodePgMigrate, typeorm, sequelize, kysely, sql];

/** Undefined if the repository has no migrations of a known tool. */
export function findMigrations(app: AppFiles): Observation<MigrationChoice> | undefined {
  for (const find of tools) {
    const choice = find(app);
    if (choice) return choice;
  }
  return undefined;
}
