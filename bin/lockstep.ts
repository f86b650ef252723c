import path from "node:path";
import { App } from "aws-cdk-lib";
import { loadConfig } from "../lib/config/index.ts";
import { featureFlags } from "../lib/feature-flags.ts";
import { createStacks } from "../lib/stacks.ts";

const file = path.resolve(process.env.LOCKSTEP_CONFIG ?? "lockstep.config.ts");
process.chdir(path.dirname(file)); // a configuration may read other files of its app
const config = await loadConfig(file).catch((error: Error) => {
  console.error(error.message);
  process.exit(2);
});

const app = new App({ postCliContext: featureFlags });
createStacks(app, config);
app.synth();
