// Process of a load balancer: it keeps serving while the control plane is stopped.
import { openAdmin } from "./admin.ts";
import { Gateway } from "./gateway.ts";
import { stateFiles } from "./state-files.ts";

const [, , directory = "."] = process.argv;
process.chdir(directory);

// A failed request must not end all others. Safe to continue: the state of the proxy is replaced as a whole, never modified in steps.
process.on("uncaughtException", (error) => console.error(new Date().toISOString(), error));

// The control plane considers this process ended when the keeper, its parent, is: two proxies must not run.
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(1), 200).unref();

const files = stateFiles(process.cwd());
const gateway = new Gateway(() => void files.writeHealthy(gateway.healthyTargets()).catch(console.error));

const config = files.readConfig();
if (config) await gateway.apply(config, files.readHealthy());
await openAdmin({ gateway, files });

process.on("SIGTERM", () => {
  gateway.stop();
  process.exit(0);
});
