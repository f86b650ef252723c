import { setTimeout as pause } from "node:timers/promises";
import type { Clients } from "./clients.ts";
import { currentRelease, type DeploymentItem, ignoredPushes, listDeployments } from "./records.ts";
import type { Stage } from "./stage.ts";

/** What a push started: a deployment, or nothing for a reason. */
export type Started = { deployment: DeploymentItem } | { skipped: string };

/** The deployments and ignored pushes of a commit, before it is pushed again. */
export async function pushesOf(clients: Clients, stage: Stage, commit: string): Promise<ReadonlySet<string>> {
  const [deployments, ignored] = await read({ clients, stage }, commit);
  return new Set([...deployments.map(({ deployment }) => deployment), ...ignored.map(({ pushedAt }) => pushedAt)]);
}

/** Event, function and first step; on AWS with a cold start each. */
const startsWithinSeconds = { local: 30, aws: 90 };

/** Waits until the push of a commit has started a deployment; undefined if none started in time. */
export async function startedBy(
  clients: Clients,
  stage: Stage,
  { commit, before }: { commit: string; before: ReadonlySet<string> },
): Promise<Started | undefined> {
  const seconds = clients.local ? startsWithinSeconds.local : startsWithinSeconds.aws;
  const deadline = Date.now() + seconds * 1000;
  for (; Date.now() < deadline; await pause(clients.local ? 200 : 2_000)) {
    const [deployments, ignored] = await read({ clients, stage }, commit);
    const deployment = deployments.find((item) => !before.has(item.deployment));
    if (deployment) return { deployment };
    const skipped = ignored.find(({ pushedAt }) => !before.has(pushedAt));
    if (skipped) return { skipped: skipped.reason };
  }
  return undefined;
}

async function read({ clients, stage, limit }: { clients: Clients; stage: Stage; limit?: number }, commit: string) {
  const [deployments, ignored] = await Promise.all([
    listDeployments(clients, stage, limit),
    ignoredPushes(clients, stage),
  ]);
  const reference = `branch ${stage.config.branch}`;
  return [
    deployments.filter((item) => item.commit === commit),
    ignored.filter((item) => item.commit === commit && item.reference === reference),
  ] as const;
}

/** The last deployment of a commit whose push changed nothing, and whether its release is live. */
export async function deploymentOf(clients: Clients, stage: Stage, commit: string) {
  const [[deployment], live] = await Promise.all([
    read({ clients, stage, limit: Number.POSITIVE_INFINITY }, commit).then(([deployments]) => deployments),
    currentRelease(clients, stage),
  ]);
  return { deployment, isLive: live?.commit === commit };
}
