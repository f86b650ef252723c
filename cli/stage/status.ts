import { GetRepositoryCommand } from "@aws-sdk/client-codecommit";
import { GetDeploymentGroupCommand } from "@aws-sdk/client-codedeploy";
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  type Listener,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import path from "node:path";
import * as z from "zod";
import type { Clients } from "./clients.ts";
import { executionProgress } from "../follow/progress.ts";
import { type PushFate, readActivity } from "./activity.ts";
import { currentRelease, listDeployments } from "./records.ts";
import type { Stage } from "./stage.ts";
import { stateDirectory } from "../local/state-directory.ts";

/** What `lockstep status --json` prints. */
export interface Status {
  stage: string;
  url: string;
  testUrl: string;
  gitUrl: string;
  databaseUrl: string;
  endpoint: string | null;
  live: { commit: string; imageDigest: string; deployedAt: string } | null;
  deployment: { id: string; commit: string; status: string; step: string | null } | null;
  /** Who waits for the lock, in order. */
  queue: { deployment: string; commit: string; behind: string }[];
  /** What became of the last pushes, the newest first. */
  pushes: PushFate[];
  /** A deployment that waits for a person. */
  approval: { deployment: string; commit: string; until: string } | null;
  /** A rollback that runs. */
  rollback: { id: string; from: string | null; to: string | null; startedAt: string } | null;
  /** Why nobody is given the lock until a person has looked. */
  frozen: { reason: string; since: string; holder: string } | null;
}

export async function readStatus(clients: Clients, stage: Stage): Promise<Status> {
  const [urls, gitUrl, databaseUrl, live, deployment, rest] = await Promise.all([
    listenerUrls(clients, stage),
    repositoryUrl(clients, stage),
    connectionUrl(clients, stage),
    currentRelease(clients, stage),
    newestDeployment(clients, stage),
    readActivity(clients, stage),
  ]);
  return {
    stage: stage.name,
    ...urls,
    gitUrl,
    databaseUrl,
    endpoint: clients.local?.endpoint ?? null,
    live: live ? { commit: live.commit, imageDigest: live.imageDigest, deployedAt: live.deployedAt } : null,
    deployment,
    ...rest,
  };
}

/** Which listener is which is known to CodeDeploy; the address and port that it has, to the load balancer. */
async function listenerUrls(clients: Clients, { prefix }: Stage): Promise<{ url: string; testUrl: string }> {
  const group = { applicationName: prefix, deploymentGroupName: prefix };
  const [{ deploymentGroupInfo }, { LoadBalancers = [] }] = await Promise.all([
    clients.codedeploy.send(new GetDeploymentGroupCommand(group)),
    clients.loadBalancing.send(new DescribeLoadBalancersCommand({ Names: [prefix] })),
  ]);
  const [pair] = deploymentGroupInfo?.loadBalancerInfo?.targetGroupPairInfoList ?? [];
  const [production = ""] = pair?.prodTrafficRoute?.listenerArns ?? [];
  const [test = ""] = pair?.testTrafficRoute?.listenerArns ?? [];
  const address = LoadBalancers[0]?.DNSName ?? "";
  const { Listeners = [] } = await clients.loadBalancing.send(
    new DescribeListenersCommand({ ListenerArns: [production, test] }),
  );
  const urlOf = (arn: string) =>
    listenerUrl(
      address,
      Listeners.find(({ ListenerArn }) => ListenerArn === arn),
    );
  return { url: urlOf(production), testUrl: urlOf(test) };
}

function listenerUrl(address: string, listener: Listener | undefined): string {
  const { Protocol = "HTTP", Port = 80 } = listener ?? {};
  const usual = (Protocol === "HTTP" && Port === 80) || (Protocol === "HTTPS" && Port === 443);
  return `${Protocol.toLowerCase()}://${address}${usual ? "" : `:${Port}`}`;
}

async function repositoryUrl({ codecommit, local }: Clients, { repository }: Stage): Promise<string> {
  const { repositoryMetadata } = await codecommit.send(new GetRepositoryCommand({ repositoryName: repository }));
  const url = new URL(repositoryMetadata?.cloneUrlHttp ?? "");
  if (local) Object.assign(url, { username: "lockstep", password: local.gitToken });
  return url.href;
}

const databaseSecret = z.object({
  username: z.string(),
  password: z.string(),
  host: z.string(),
  port: z.coerce.number(),
  dbname: z.string(),
});

async function connectionUrl({ secrets, local }: Clients, { prefix, config }: Stage): Promise<string> {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: `${prefix}/database` }));
  const { username, password, host, port, dbname } = databaseSecret.parse({
    dbname: config.database.name,
    ...JSON.parse(SecretString ?? "{}"),
  });
  const url = new URL(`postgres://${host}:${port}/${dbname}?sslmode=verify-full`);
  Object.assign(url, { username, password });
  if (local) url.searchParams.set("sslrootcert", path.join(stateDirectory, "rds", "rds-ca.pem"));
  return url.href;
}

async function newestDeployment(clients: Clients, stage: Stage): Promise<Status["deployment"]> {
  const [newest] = await listDeployments(clients, stage, 1);
  if (!newest) return null;
  const { deployment: id, commit } = newest;
  const { status, steps, last } = await executionProgress(clients, newest.execution);
  const outcome = last === "Superseded" ? "superseded" : status.toLowerCase();
  return { id, commit, status: outcome, step: status === "SUCCEEDED" ? null : (steps.at(-1)?.name ?? null) };
}
