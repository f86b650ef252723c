import { createClients } from "../clients.ts";
import { ignoredPushes } from "../records.ts";
import { readStatus } from "../status.ts";
import type { StageOptions } from "../program.ts";
import { loadStage } from "../stage.ts";

/** `lockstep status`: what is live, what is being deployed, where everything is. */
export async function status(options: StageOptions): Promise<void> {
  const clients = createClients();
  const stage = await loadStage(options.stage);
  const found = await readStatus(clients, stage);
  if (options.json) {
    console.log(JSON.stringify(found, null, 2));
    return;
  }
  const { live, deployment } = found;
  const rows: [string, string][] = [
    ["Stage", found.stage],
    ["App", found.url],
    ["Live", live ? `${live.commit.slice(0, 8)} since ${live.deployedAt}` : "nothing yet"],
    [
      "Deployment",
      deployment
        ? `${deployment.id} ${deployment.status}${deployment.step ? ` at ${deployment.step}` : ""}`
        : "none yet",
    ],
    ["Git remote", found.gitUrl],
    ...(found.endpoint ? [["AWS endpoint", found.endpoint] satisfies [string, string]] : []),
  ];
  for (const [name, value] of rows) console.log(`${name.padEnd(13)} ${value}`);
  for (const { reference, reason } of (await ignoredPushes(clients, stage)).slice(-3)) {
    console.log(`${"Ignored".padEnd(13)} ${reference}: ${reason}`);
  }
}
