import { App } from "aws-cdk-lib";
import { loadConfig } from "../lib/config/index.ts";
import { createStacks } from "../lib/stacks.ts";

const config = await loadConfig(process.env.LOCKSTEP_CONFIG ?? "lockstep.config.ts").catch((error: Error) => {
  console.error(error.message);
  process.exit(2);
});

const app = new App();
createStacks(app, config);
app.synth();
