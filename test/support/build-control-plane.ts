/** A control plane for tests that kill it: `node build-control-plane.ts <directory> <buildspec>` starts a build and prints its id. */
import { startBuild, startBuildCloud } from "./builds.ts";

const [directory = "", buildspecOverride = ""] = process.argv.slice(2);
const local = await startBuildCloud({ directory });
console.log(await startBuild(local, { buildspecOverride }));
