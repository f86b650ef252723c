import type { MigrationSettings } from "./settings.ts";

/** A migration of the repository. */
export interface Migration {
  /** Its name in the repository; without it, or with another one, the tool would not recognize it as applied. */
  readonly tag: string;
  /** Milliseconds since 1970. */
  readonly when: number;
  /** The first 16 digits of the hash that the tool records. */
  readonly hash: string;
  /** drizzle-orm 1.0 applies what its table does not name; earlier versions what is later than the newest applied one. */
  readonly byName?: true;
  /** Path of its file in the migrations folder. */
  readonly file: string;
}

export interface Repository {
  readonly migrations: readonly Migration[];
  /** Problems that do not fail the build. */
  readonly warnings: readonly string[];
}

/** Reads all migrations of the app in the order in which the tool applies them. The folder exists. */
export type ReadRepository = (appDirectory: string, settings: MigrationSettings) => Repository;
