import type { Manifest } from "../manifest.ts";
import type { Observation } from "../observation.ts";
import type { Repository } from "../repository.ts";
import type { Source } from "../source/sources.ts";

export interface AppFiles {
  readonly repository: Repository;
  /** Folder of the app. */
  readonly root: string;
  readonly manifest: Manifest;
  readonly sources: readonly Source[];
}

export interface MigrationChoice {
  readonly tool: "drizzle" | "prisma" | "knex" | "node-pg-migrate" | "typeorm" | "sequelize" | "sql" | "custom";
  /** Relative to the app. */
  readonly folder?: string | undefined;
  readonly command?: readonly string[] | undefined;
  readonly list?: readonly string[] | undefined;
  readonly table?: string | undefined;
}

/** Recognizes the migrations of one tool. */
export type FindMigrations = (app: AppFiles) => Observation<MigrationChoice> | undefined;
