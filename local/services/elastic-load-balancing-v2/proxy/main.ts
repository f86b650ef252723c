// A load balancer: a process of its own that goes on serving while the control plane is away.
import { openAdmin } from "./admin.ts";
import { Gateway } from "./gateway.ts";
import { stateFiles } from "./state-files.ts";

const [, , directory = "."] = process.argv;
process.chdir(directory);

// One request's failure must not end all the others. What the proxy decides by is replaced as a whole, never changed half-way.
process.on("uncaughtException", (error) => console.error(new Date().toISOString(), error));

// Whoever watches over this process takes it for ended when its parent has: two of them must not run.
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(1), 200).unref();

const files = stateFiles(process.cwd());
const gateway = new Gateway(() => void files.writeHealthy(gateway.healthyTargets()).catch(console.error));

const kept = files.readConfig();
if (kept) await gateway.apply(kept, files.readHealthy());
await openAdmin({ gateway, files });

process.on("SIGTERM", () => {
  gateway.stop();
  process.exit(0);
});
