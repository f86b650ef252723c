import { GetRepositoryCommand } from "@aws-sdk/client-codecommit";
import { DescribeListenersCommand, DescribeLoadBalancersCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import path from "node:path";
import * as z from "zod";
import type { Clients } from "./clients.ts";
import { currentRelease, executionProgress, listDeployments } from "./deployments.ts";
import type { Stage } from "./names.ts";
import { stateDirectory } from "./state-directory.ts";

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
}

export async function readStatus(clients: Clients, stage: Stage): Promise<Status> {
  const [urls, gitUrl, databaseUrl, live, deployment] = await Promise.all([
    listenerUrls(clients, stage),
    repositoryUrl(clients, stage),
    connectionUrl(clients, stage),
    currentRelease(clients, stage),
    newestDeployment(clients, stage),
  ]);
  return {
    stage: stage.name,
    ...urls,
    gitUrl,
    databaseUrl,
    endpoint: clients.local?.endpoint ?? null,
    live: live ? { commit: live.commit, imageDigest: live.imageDigest, deployedAt: live.deployedAt } : null,
    deployment,
  };
}

async function listenerUrls({ loadBalancing }: Clients, { prefix }: Stage): Promise<{ url: string; testUrl: string }> {
  const { LoadBalancers = [] } = await loadBalancing.send(new DescribeLoadBalancersCommand({ Names: [prefix] }));
  const [balancer] = LoadBalancers;
  if (!balancer?.LoadBalancerArn) throw new Error(`There is no load balancer ${prefix}; is the stage deployed?`);
  const { Listeners = [] } = await loadBalancing.send(
    new DescribeListenersCommand({ LoadBalancerArn: balancer.LoadBalancerArn }),
  );
  // The production listener was made first; its port is the lower one on AWS and here.
  const [production, test] = Listeners.toSorted((a, b) => (a.Port ?? 0) - (b.Port ?? 0)).map(({ Protocol, Port }) => {
    const usual = (Protocol === "HTTP" && Port === 80) || (Protocol === "HTTPS" && Port === 443);
    return `${String(Protocol).toLowerCase()}://${balancer.DNSName}${usual ? "" : `:${Port}`}`;
  });
  return { url: production ?? "", testUrl: test ?? "" };
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
