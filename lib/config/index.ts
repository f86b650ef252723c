import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import * as z from "zod";
import { app } from "./app.ts";
import { build } from "./build.ts";
import { checkNames, checkPlaces } from "./checks.ts";
import { allowedValues, ConfigInvalid } from "./config-invalid.ts";
import { source } from "./source.ts";
import { stage, type stageFields } from "./stage.ts";
import { resourceName } from "./values.ts";
import { checkVariables } from "./variables.ts";

export { ConfigInvalid };

const fields = z.strictObject({
  name: resourceName.describe("Name of the app. The names of all its AWS resources start with it."),
  source,
  app,
  build,
  stages: z.record(resourceName, stage).refine((stages) => Object.keys(stages).length > 0, "at least one stage"),
});

const configuration = fields.superRefine(checkNames).superRefine(checkPlaces).superRefine(checkVariables);

export type ConfigInput = z.input<typeof configuration>;
export type Config = z.output<typeof configuration>;
export type StageConfig = z.output<typeof stageFields>;

/** Types lockstep.config.ts in the editor. The values are validated when the file is loaded. */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}

export async function loadConfig(file: string): Promise<Config> {
  try {
    readFileSync(file); // a missing file has a better error than a failed import
    const { default: value } = await importModule(pathToFileURL(path.resolve(file)).href);
    return parseConfig(value, file);
  } catch (error) {
    throw error instanceof ConfigInvalid ? error : ConfigInvalid.unreadable(file, error);
  }
}

/** As an ECMAScript module, also in an app whose package.json has `"type": "commonjs"`, or that does not have this package installed. */
async function importModule(url: string): Promise<{ default?: unknown }> {
  const { registerHooks } = await import("node:module"); // newer than the oldest Node.js in which an app may import this module
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, specifier === "lockstep" ? { ...context, parentURL: import.meta.url } : context),
    load: (each, context, next) => next(each, each === url ? { ...context, format: "module-typescript" } : context),
  });
  try {
    return await import(url);
  } finally {
    hooks.deregister();
  }
}

export function parseConfig(value: unknown, file: string): Config {
  const result = configuration.safeParse(value, { error: allowedValues });
  if (result.success) return result.data;
  throw ConfigInvalid.withIssues(file, value, result.error.issues);
}

export const configurationSchema = configuration;
