import { execFileSync } from "node:child_process";
import path from "node:path";
import * as z from "zod";
import { checkCommands, checkSchemaSync } from "./check-commands.ts";
import { checkRegion } from "./database-certificates.ts";
import { ReleaseKitError } from "./errors.ts";
import { prepareImageContent } from "./image/content.ts";
import { describeFinding, exportFindings } from "./lint/export-findings.ts";
import { lintMigrations } from "./lint/lint-migrations.ts";
import { prepareMigrations } from "./migrations/prepare-migrations.ts";
import { readMigrations } from "./migrations/read-migrations.ts";
import { migrationSettings } from "./migrations/settings.ts";
import { publishImage } from "./image/publish.ts";
import { findRoot } from "./package-managers/find-package-manager.ts";
import { logIn } from "./image/registry.ts";
import { releaseVariables, writeReleaseVariables } from "./release-variables.ts";
import { readRequiredVariables } from "./required-variables.ts";
import { watchedPaths } from "./watched-paths.ts";

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue(`expected JSON, found ${text}`);
    return z.NEVER;
  }
});

const environment = z.object({
  REPOSITORY_URI: z.string().min(1),
  BASE_IMAGE: z.string().min(1),
  START_COMMAND: json.pipe(z.array(z.string()).min(1)),
  MIGRATION_SETTINGS: json.pipe(migrationSettings),
  CODEBUILD_RESOLVED_SOURCE_VERSION: z.string().regex(/^[0-9a-f]{40}$/, "expected a commit ID"),
  AWS_REGION: z.string(),
  /** Digests of the images whose pages may be open in browsers. */
  EARLIER_IMAGES: z
    .string()
    .default("")
    .transform((text) => text.split(",").filter((digest) => digest !== "")),
  /** Digest of the live image, which is deployed again with the assets of this release before traffic shifts. */
  LIVE_IMAGE: z.string().default(""),
  CODEBUILD_BUILD_NUMBER: z.string().default("1"),
  /** The files that belong to the image; without it, those that package.json names. */
  IMAGE_FILES: json.pipe(z.array(z.string())).optional(),
});

/** Turns the built app in the directory into a release, and writes the variables that the pipeline reads to the file. */
export async function publish(directory: string, file: string): Promise<void> {
  const settings = readEnvironment();
  checkRegion(settings.AWS_REGION);
  const access = logIn();
  access.catch(() => undefined); // reported where it is awaited, unless a check fails before
  const requiredVariables = readRequiredVariables(directory);
  const place = placeOf(directory);
  const { START_COMMAND: start, MIGRATION_SETTINGS: tool } = settings;
  const migrations = readMigrations(directory, tool);
  migrations.warnings.forEach((warning) => console.log(`Warning: ${warning}`));
  const findings = await lintMigrations(migrations.newest);
  findings.forEach((finding) => console.log(describeFinding(finding)));
  checkCommands(place, { start, migrations: tool, migrates: migrations.count > 0 });
  const forMigrations = await prepareMigrations(directory, tool, migrations);
  const content = prepareImageContent({ ...place, migrations: forMigrations, files: settings.IMAGE_FILES });
  if (tool !== false && tool.tool === "typeorm") checkSchemaSync(place.root, content.app);
  const commit = settings.CODEBUILD_RESOLVED_SOURCE_VERSION;
  const image = await publishImage(
    {
      ...place,
      content,
      baseImage: settings.BASE_IMAGE,
      repositoryUri: settings.REPOSITORY_URI,
      startCommand: start,
      commit,
      committedAt: commitDate(directory, commit),
      earlierImages: settings.EARLIER_IMAGES,
      liveImage: settings.LIVE_IMAGE || undefined,
      buildNumber: settings.CODEBUILD_BUILD_NUMBER,
    },
    await access,
  );
  const exported = { ...migrations, findings: exportFindings(findings) };
  writeReleaseVariables(
    file,
    releaseVariables(image, exported, { requiredVariables, watchedPaths: watchedPaths(place) }),
  );
  console.log(
    `Image: ${image.uri}\nMigrations: ${migrations.count}\nRequired variables: ${requiredVariables.join(", ") || "none"}`,
  );
}

/** An app's own buildspec may install it without a lock file. */
function placeOf(directory: string): { root: string; app: string } {
  const root = findRoot(directory) ?? directory;
  return { root, app: path.relative(root, directory) || "." };
}

function readEnvironment() {
  const result = environment.safeParse(process.env);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new ReleaseKitError(
    `Environment variable ${issue?.path.join(".")}: ${issue?.message}. Fix: the CodeBuild project sets it; deploy the pipeline stack again.`,
  );
}

/** The date of all files of the app: the same in every build of a commit, and another in the next, so that caches can distinguish releases. */
function commitDate(directory: string, commit: string): Date {
  const seconds = execFileSync("git", ["show", "--no-patch", "--format=%ct", commit], { cwd: directory });
  return new Date(Number(seconds.toString("utf8").trim()) * 1000);
}
