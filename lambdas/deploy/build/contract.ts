import * as z from "zod/mini";
import { findings, migration } from "../../core/record.ts";
import { variableSettings } from "../../release/variables.ts";
import { sourceSettings } from "../../source/contract.ts";

export const observed = z.object({ PROJECT_NAME: z.string(), REPOSITORY_URI: z.string() });
export const environment = z.object({
  ...observed.shape,
  ...sourceSettings.shape,
  /** The app's own buildspec, if there is one. */
  BUILDSPEC: z.string(),
  ...variableSettings.shape,
  /** Path of the file that lists the variables that the app requires. */
  REQUIRED_VARIABLES_FILE: z.string(),
  ASSETS_BEFORE_SHIFT: z.enum(["true", "false"]),
});

const json = z.pipe(
  z.string(),
  z.transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.issues.push({ code: "custom", message: "is not JSON", input: text });
      return z.NEVER;
    }
  }),
);
const digest = z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/, "is not sha256:<64 hex digits>"));
const names = z.pipe(
  z.string(),
  z.transform((list) => list.split(",").flatMap((name) => name.trim() || [])),
);

/** What every buildspec has to export, also the app's own. */
export const exportedVariables = z.object({
  IMAGE_DIGEST: digest,
  IMAGE_URI: z.string().check(z.regex(/^[^\s@]+@sha256:[0-9a-f]{64}$/, "is not <repository>@sha256:<64 hex digits>")),
  MIGRATIONS: z.pipe(json, z.array(migration)),
  MIGRATION_COUNT: z.string().check(z.regex(/^\d+$/, "is not a number")),
  /** Optional: the app's own buildspec may not lint. */
  MIGRATION_FINDINGS: z.optional(z.pipe(json, findings)),
  REQUIRED_VARIABLES: names,
  /** Optional: empty if the live image has the assets of the new one. */
  ASSETS_IMAGE_DIGEST: z.optional(z.union([z.literal(""), digest])),
  /** Optional: without it, or when it is empty, every push is deployed. */
  WATCHED_PATHS: z.optional(z.pipe(json, z.array(z.string()))),
});
