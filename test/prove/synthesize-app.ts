import { readFileSync } from "node:fs";
import path from "node:path";
import { App } from "aws-cdk-lib";
import { CDK_APP_MODE_CONTEXT, type CloudAssembly } from "aws-cdk-lib/cx-api";
import * as z from "zod";
import { type ConfigInput, parseConfig } from "../../lib/config/index.ts";
import { createStacks } from "../../lib/stacks.ts";

const root = path.resolve(import.meta.dirname, "../..");
const cdkJson = z.object({ context: z.record(z.string(), z.json()) });

/** What cdk.json configures the CDK with. */
export const { context } = cdkJson.parse(JSON.parse(readFileSync(path.join(root, "cdk.json"), "utf8")));

/** Only the required options. */
export const minimal: ConfigInput = { name: "shop", app: {}, stages: { production: { branch: "main" } } };

/** Violations are in the error message instead of on stderr. */
const inMemory = { [CDK_APP_MODE_CONTEXT]: "inmemory" };

const assemblies = new Map<ConfigInput, CloudAssembly>();

/** The app as `cdk synth` creates it, once per configuration. */
export function synthesizeApp(config: ConfigInput): CloudAssembly {
  const assembly = assemblies.get(config) ?? synthesizeChanged(config, () => {});
  assemblies.set(config, assembly);
  return assembly;
}

/** The app after `change`, which can break it: the synthesis then throws a report of all violations. */
export function synthesizeChanged(config: ConfigInput, change: (app: App) => void): CloudAssembly {
  const app = createApp(config);
  change(app);
  return app.synth();
}

export function createApp(config: ConfigInput): App {
  const app = new App({ context: { ...context, ...inMemory } });
  createStacks(app, parseConfig(config, "lockstep.config.ts"));
  return app;
}
