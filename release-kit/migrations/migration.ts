import type { MigrationSettings } from "./settings.ts";

/** A migration of the repository. */
export interface Migration {
  /** Its name in the tool's table of applied migrations; Drizzle before 1.0 records `when` instead. */
  readonly tag: string;
  /** Milliseconds since 1970. */
  readonly when?: number;
  /** The first 16 digits of the hash, of tools that record one. */
  readonly hash?: string;
  /** drizzle-orm 1.0 applies what its table does not name; earlier versions what is later than the newest applied one. */
  readonly byName?: true;
  /** Path of its file in the app's directory. */
  readonly file: string;
  /** The SQL that is applied, in the lines of the file; missing if it is written in a programming language. */
  readonly sql?: string;
}

export interface Repository {
  readonly migrations: readonly Migration[];
  /** Problems that do not fail the build. */
  readonly warnings?: readonly string[];
}

/** Reads all migrations of the app in the order in which the tool applies them. The folder exists, except for `custom`. */
export type ReadRepository = (appDirectory: string, settings: MigrationSettings) => Repository;
