import { GetDeploymentGroupCommand } from "@aws-sdk/client-codedeploy";
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  type Listener,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { DescribeDBInstancesCommand } from "@aws-sdk/client-rds";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import * as z from "zod";
import { postgresUrl } from "../../lambdas/core/postgres-url.ts";
import type { Clients } from "./clients.ts";
import { cloneUrl } from "./repository.ts";
import type { Stage } from "./stage.ts";
import { unlessNamed } from "./unless-named.ts";

/** Where the app, its repository and its database answer. */
export interface Addresses {
  url: string;
  testUrl: string;
  /** Without credentials: see `cli/source/remote.ts`. */
  gitUrl: string;
  /** `null` while a restore swaps the databases. */
  databaseUrl: string | null;
}

export async function readAddresses(clients: Clients, stage: Stage, showSecrets: boolean): Promise<Addresses> {
  const [urls, gitUrl, databaseUrl] = await Promise.all([
    listenerUrls(clients, stage),
    cloneUrl(clients, stage),
    showSecrets ? secretDatabaseUrl(clients, stage) : maskedDatabaseUrl(clients, stage),
  ]);
  return { ...urls, gitUrl, databaseUrl };
}

/** CodeDeploy knows which listener is which; the load balancer knows its address and ports. */
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
  const isDefault = (Protocol === "HTTP" && Port === 80) || (Protocol === "HTTPS" && Port === 443);
  return `${Protocol.toLowerCase()}://${address}${isDefault ? "" : `:${Port}`}`;
}

const databaseSecret = z.object({
  username: z.string(),
  password: z.string(),
  host: z.string(),
  port: z.coerce.number(),
  dbname: z.string(),
});

async function secretDatabaseUrl({ secrets, local }: Clients, { prefix, config }: Stage): Promise<string> {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: `${prefix}/database` }));
  const database = databaseSecret.parse({ dbname: config.database.name, ...JSON.parse(SecretString ?? "{}") });
  return postgresUrl(database, sslParameters(local));
}

/** Without reading the secret: most callers need not, and may not, see it. */
async function maskedDatabaseUrl({ rds, local }: Clients, { prefix, config }: Stage): Promise<string | null> {
  const query = new DescribeDBInstancesCommand({ DBInstanceIdentifier: prefix });
  const instances = await rds.send(query).catch(unlessNamed("DBInstanceNotFoundFault"));
  const { Endpoint: { Address: host, Port: port } = {}, MasterUsername: username } = instances?.DBInstances?.[0] ?? {};
  if (host === undefined || port === undefined || username === undefined) return null;
  const database = { username, password: "***", host, port, dbname: config.database.name };
  return postgresUrl(database, sslParameters(local));
}

const sslParameters = (local: Clients["local"]) => ({
  sslmode: "verify-full",
  ...(local && { sslrootcert: local.databaseCaFile }),
});
