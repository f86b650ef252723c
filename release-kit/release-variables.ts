import { writeFileSync } from "node:fs";
import type { ExportedFindings } from "./lint/export-findings.ts";
import type { Migration } from "./migrations.ts";
import type { PublishedImage } from "./publish-image.ts";

interface ReleaseMigrations {
  readonly count: number;
  readonly newest: readonly Pick<Migration, "tag" | "when">[];
  readonly findings: ExportedFindings;
}

/** What the pipeline reads of a build; a buildspec of the app's own exports the same. */
export function releaseVariables(
  image: PublishedImage,
  { count, newest, findings }: ReleaseMigrations,
  requiredVariables: readonly string[],
): Record<string, string> {
  return {
    IMAGE_DIGEST: image.digest,
    IMAGE_URI: image.uri,
    MIGRATIONS: JSON.stringify(newest.map(({ tag, when }) => ({ tag, when }))),
    MIGRATION_COUNT: String(count),
    MIGRATION_FINDINGS: JSON.stringify(findings),
    REQUIRED_VARIABLES: requiredVariables.join(","),
  };
}

/** A file for the shell to read (`. release.env`): a process cannot export into the shell that started it. */
export function writeReleaseVariables(file: string, variables: Readonly<Record<string, string>>): void {
  const lines = Object.entries(variables).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`,
  );
  writeFileSync(file, lines.join(""));
}
