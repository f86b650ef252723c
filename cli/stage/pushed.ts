import { setTimeout as pause } from "node:timers/promises";
import type { Clients } from "./clients.ts";
import { currentRelease, type DeploymentItem, handledHead, listDeployments } from "./records.ts";
import type { Stage } from "./stage.ts";

/** What a push started: a deployment, or nothing for a reason. */
export type Started = { deployment: DeploymentItem } | { skipped: string };

/** What is known of a commit before it is pushed again. */
export interface PushesBefore {
  commit: string;
  deployments: ReadonlySet<string>;
  headNumber: number;
}

export async function pushesBefore(clients: Clients, stage: Stage, commit: string): Promise<PushesBefore> {
  const [deployments, head] = await Promise.all([deploymentsOf(clients, stage, commit), handledHead(clients, stage)]);
  const ids = deployments.map(({ deployment }) => deployment);
  return { commit, deployments: new Set(ids), headNumber: head?.number ?? 0 };
}

/** Event, function and first step, with a cold start each: seconds, but not on a busy machine. */
const startsWithinSeconds = 120;

/** Waits until the push of a commit has started a deployment; undefined if none started in time. */
export async function startedBy(
  clients: Clients,
  stage: Stage,
  { commit, deployments, headNumber }: PushesBefore,
): Promise<Started | undefined> {
  const deadline = Date.now() + startsWithinSeconds * 1000;
  for (; Date.now() < deadline; await pause(clients.local ? 200 : 2_000)) {
    const newest = await deploymentsOf(clients, stage, commit);
    const deployment = newest.find((item) => !deployments.has(item.deployment));
    if (deployment) return { deployment };
    const head = await handledHead(clients, stage);
    const isHandled = head?.push.commit === commit && head.number > headNumber;
    if (isHandled && head.skipped !== undefined) return { skipped: head.skipped };
  }
  return undefined;
}

async function deploymentsOf(clients: Clients, stage: Stage, commit: string) {
  return (await listDeployments(clients, stage)).filter((item) => item.commit === commit);
}

/** The last deployment of a commit whose push changed nothing, and whether its release is live. */
export async function deploymentOf(clients: Clients, stage: Stage, commit: string) {
  const [deployments, live] = await Promise.all([
    listDeployments(clients, stage, Number.POSITIVE_INFINITY),
    currentRelease(clients, stage),
  ]);
  const deployment = deployments.find((item) => item.commit === commit);
  return { deployment, isLive: live?.commit === commit };
}
