import { App } from "aws-cdk-lib";
import { CDK_APP_MODE_CONTEXT, type CloudAssembly } from "aws-cdk-lib/cx-api";
import { type ConfigInput, parseConfig } from "../../lib/config/index.ts";
import { featureFlags } from "../../lib/feature-flags.ts";
import { createStacks } from "../../lib/stacks.ts";

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
  const app = new App({ context: { ...featureFlags, ...inMemory } });
  createStacks(app, parseConfig(config, "lockstep.config.ts"));
  return app;
}
