import { writeFileSync } from "node:fs";
import type { ExportedFindings } from "./lint/export-findings.ts";
import type { Migration } from "./migrations/migration.ts";
import { exportMigrations } from "./migrations/read-migrations.ts";
import type { PublishedImage } from "./image/publish.ts";

interface ReleaseMigrations {
  readonly count: number;
  readonly newest: readonly Migration[];
  readonly findings: ExportedFindings;
}

/** What a build exports to the pipeline, whichever buildspec it uses. */
export function releaseVariables(
  image: PublishedImage,
  { count, newest, findings }: ReleaseMigrations,
  { requiredVariables, watchedPaths }: { requiredVariables: readonly string[]; watchedPaths: readonly string[] },
): Record<string, string> {
  return {
    IMAGE_DIGEST: image.digest,
    IMAGE_URI: image.uri,
    MIGRATIONS: exportMigrations(newest),
    MIGRATION_COUNT: String(count),
    MIGRATION_FINDINGS: JSON.stringify(findings),
    REQUIRED_VARIABLES: requiredVariables.join(","),
    ASSETS_IMAGE_DIGEST: image.assetsDigest ?? "",
    WATCHED_PATHS: JSON.stringify(watchedPaths),
  };
}

/** A file for the shell to source (`. release.env`): a process cannot export variables to its parent. */
export function writeReleaseVariables(file: string, variables: Readonly<Record<string, string>>): void {
  const lines = Object.entries(variables).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`,
  );
  writeFileSync(file, lines.join(""));
}
