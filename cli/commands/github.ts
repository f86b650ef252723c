import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { GetFunctionUrlConfigCommand } from "@aws-sdk/client-lambda";
import { GetSecretValueCommand, PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import * as z from "zod";
import type { GitHub } from "../../lambdas/core/github.ts";
import { UsageError } from "../errors.ts";
import { findRunningCloud } from "../local/state-directory.ts";
import type { StageOptions } from "../options.ts";
import type { Clients } from "../stage/clients.ts";
import { openGitHub, tokenSecret, webhookSecret } from "../stage/repository.ts";
import { openStage, type Stage } from "../stage/stage.ts";

interface ConnectOptions extends StageOptions {
  rotate?: boolean;
}

/** The permissions of a fine-grained token: https://docs.github.com/en/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens */
const permissions = "Contents: read, Commit statuses: read and write, Deployments: read and write";
const webhookPermission = "Webhooks: read and write";
const pingSeconds = 30;

export interface Connection {
  repository: string;
  webhook: number;
  url: string;
  change: "created" | "updated";
  /** Status of the answer to a ping. */
  ping: number;
}

/** `lockstep github connect`: saves the token, and creates or repairs the webhook. */
export async function github(_action: "connect", options: ConnectOptions): Promise<void> {
  const { clients, stage } = await openStage(options, findRunningCloud());
  if (!stage.isOnGitHub) {
    throw new UsageError(
      "The app's source is not on GitHub. Fix: set source: { github: { repository, connectionArn } } in lockstep.config.ts.",
    );
  }
  const connection = await connect(clients, stage, options);
  if (options.json) return console.log(JSON.stringify(connection, null, 2));
  const { webhook, url, change, ping } = connection;
  console.log(`Webhook ${webhook} of ${stage.repository} ${change}: pushes are delivered to ${url}`);
  if (ping !== 200) {
    throw new Error(
      `GitHub's ping was answered with status ${ping}.\nFix: open https://github.com/${stage.repository}/settings/hooks/${webhook} and read the response of the delivery.`,
    );
  }
  console.log("GitHub's ping was answered.");
}

export async function connect(
  clients: Clients,
  stage: Stage,
  { rotate = false }: Pick<ConnectOptions, "rotate"> = {},
): Promise<Connection> {
  if (clients.local) await createLocalRepository(clients, stage);
  const admin = await openAsAdmin(clients, stage);
  const { FunctionUrl: url = "" } = await clients.lambda.send(
    new GetFunctionUrlConfigCommand({ FunctionName: `${stage.prefix}-receive-webhook` }),
  );
  const secret = rotate ? await newSecret(clients, stage) : await currentSecret(clients, stage);
  const hook = await saveHook(admin, stage, { url, secret, isLocal: clients.local !== undefined });
  return { repository: stage.repository, url, ...hook, ping: await lastPing(admin, stage, hook.webhook) };
}

/** GITHUB_TOKEN becomes the token of the stage; GITHUB_ADMIN_TOKEN is used for the webhook only, and not saved. */
async function openAsAdmin(clients: Clients, stage: Stage): Promise<GitHub> {
  const { local, secrets } = clients;
  const token = local?.gitToken ?? process.env.GITHUB_TOKEN;
  if (token) await secrets.send(new PutSecretValueCommand({ SecretId: tokenSecret(stage), SecretString: token }));
  const github = openGitHub(clients, stage);
  const repository = await github.request("GET", `/repos/${stage.repository}`).catch((cause: unknown) => {
    throw new UsageError(`${cause instanceof Error ? cause.message : String(cause)}\n${adviceFor(stage)}`, { cause });
  });
  if (repository === undefined)
    throw new UsageError(`The token has no access to repository ${stage.repository}. ${adviceFor(stage)}`);
  const admin = process.env.GITHUB_ADMIN_TOKEN;
  return admin && !local ? openGitHub(clients, stage, admin) : github;
}

const adviceFor = ({ repository, name }: Stage) =>
  `Fix: create a fine-grained token for ${repository} with ${permissions}, and one with ${webhookPermission} for this command. Then run: GITHUB_TOKEN=… GITHUB_ADMIN_TOKEN=… lockstep github connect --stage ${name}`;

/** The stand-in of GitHub starts without repositories. */
async function createLocalRepository(clients: Clients, stage: Stage): Promise<void> {
  const stageless = openGitHub(clients, stage, clients.local?.gitToken);
  const [owner = "", name = ""] = stage.repository.split("/");
  if ((await stageless.request("GET", `/repos/${stage.repository}`)) !== undefined) return;
  await stageless.request("POST", `/orgs/${owner}/repos`, { name, private: true });
}

async function currentSecret({ secrets }: Clients, stage: Stage): Promise<string> {
  const { SecretString = "" } = await secrets.send(new GetSecretValueCommand({ SecretId: webhookSecret(stage) }));
  return SecretString;
}

/** Deliveries that are signed with the previous one are accepted for an hour, so none is lost. */
async function newSecret({ secrets }: Clients, stage: Stage): Promise<string> {
  const SecretString = randomBytes(48).toString("base64url");
  await secrets.send(new PutSecretValueCommand({ SecretId: webhookSecret(stage), SecretString }));
  return SecretString;
}

const hooks = z.array(z.object({ id: z.number(), config: z.object({ url: z.string().optional() }) }));
const created = z.object({ id: z.number() });

/** https://docs.github.com/en/rest/repos/webhooks */
async function saveHook(
  github: GitHub,
  { repository }: Stage,
  { url, secret, isLocal }: { url: string; secret: string; isLocal: boolean },
): Promise<Pick<Connection, "webhook" | "change">> {
  const path = `/repos/${repository}/hooks`;
  const config = { url, content_type: "json", secret, insecure_ssl: "0" };
  const existing = hooks.parse(await github.request("GET", `${path}?per_page=100`));
  // The endpoint of a local cloud may have another port now.
  const place = (of = "") => (isLocal && URL.canParse(of) ? new URL(of).pathname : of);
  const hook = existing.find((each) => place(each.config.url) === place(url));
  if (hook) {
    await github.request("PATCH", `${path}/${hook.id}`, { config, events: ["push"], active: true });
    await github.request("POST", `${path}/${hook.id}/pings`);
    return { webhook: hook.id, change: "updated" };
  }
  const { id } = created.parse(
    await github.request("POST", path, { name: "web", config, events: ["push"], active: true }),
  );
  return { webhook: id, change: "created" };
}

const deliveries = z.array(z.object({ event: z.string(), status_code: z.number() }));

/** GitHub sends a ping when a webhook is created or asked to. */
async function lastPing(github: GitHub, { repository }: Stage, hook: number): Promise<number> {
  const deadline = Date.now() + pingSeconds * 1000;
  for (;;) {
    const all = deliveries.parse(await github.request("GET", `/repos/${repository}/hooks/${hook}/deliveries`));
    const status = all.find(({ event }) => event === "ping")?.status_code ?? 0;
    if (status !== 0 || Date.now() > deadline) return status;
    await pause(500);
  }
}
