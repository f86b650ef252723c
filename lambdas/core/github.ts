import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { AwsUnavailable, GitHubRefused, hasName } from "./errors.ts";

/** The REST API: https://docs.github.com/en/rest */
export interface GitHub {
  /** The body of the answer; undefined if the resource does not exist. */
  request(method: "GET" | "POST" | "PATCH", path: string, body?: object): Promise<unknown>;
}

interface GitHubSettings {
  readonly url: string;
  /** Read again after `refresh`: the token may have been replaced. */
  readonly token: (refresh: boolean) => Promise<string>;
}

const timeoutMilliseconds = 10_000;

export function createGitHub({ url, token }: GitHubSettings): GitHub {
  const send = async (
    method: string,
    path: string,
    { body, refresh }: { body?: object | undefined; refresh: boolean },
  ) => {
    const request = {
      method,
      headers: {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${await token(refresh)}`,
        "user-agent": "lockstep",
        "x-github-api-version": "2022-11-28",
        ...(body && { "content-type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMilliseconds),
    };
    return fetch(`${url}${path}`, request).catch((cause: unknown) => {
      throw unavailable(`${method} ${path}: ${String(cause)}`, cause);
    });
  };
  return {
    async request(method, path, body) {
      let response = await send(method, path, { body, refresh: false });
      if (response.status === 401) response = await send(method, path, { body, refresh: true });
      const text = await response.text();
      if (response.ok) return text === "" ? {} : JSON.parse(text);
      if (response.status === 404 || isUnknownCommit(response, text)) return undefined;
      const what = `${method} ${path}: ${response.status} ${messageOf(text)}`;
      if (isTemporary(response)) throw unavailable(what);
      throw refusal(response, what);
    },
  };
}

/** The token of a stage, which `lockstep github connect` saves. */
export function tokenFrom(secrets: SecretsManagerClient, SecretId: string): GitHubSettings["token"] {
  let token: string | undefined;
  return async (refresh) => {
    if (token === undefined || refresh) token = await readSecret(secrets, SecretId, "AWSCURRENT");
    if (token === undefined)
      throw new GitHubRefused(`Secret ${SecretId} has no GitHub token.\nFix: run lockstep github connect.`);
    return token;
  };
}

/** Undefined if the secret has no such version. */
export async function readSecret(
  secrets: SecretsManagerClient,
  SecretId: string,
  VersionStage: "AWSCURRENT" | "AWSPREVIOUS",
): Promise<string | undefined> {
  try {
    return (await secrets.send(new GetSecretValueCommand({ SecretId, VersionStage }))).SecretString;
  } catch (error) {
    if (hasName(error, "ResourceNotFoundException")) return undefined;
    throw error;
  }
}

/** https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api: both limits answer with 403 or 429. */
function isTemporary({ status, headers }: Response): boolean {
  const isLimited = headers.get("x-ratelimit-remaining") === "0" || headers.has("retry-after");
  return status >= 500 || status === 429 || (status === 403 && isLimited);
}

/** https://docs.github.com/en/rest/commits/commits#get-a-commit */
const isUnknownCommit = ({ status }: Response, text: string) =>
  status === 422 && messageOf(text).startsWith("No commit found");

const unavailable = (what: string, cause?: unknown) =>
  new AwsUnavailable(`GitHub is temporarily unavailable; the call is repeated. ${what}`, { cause });

function refusal({ status, headers }: Response, what: string): GitHubRefused {
  const permission = headers.get("x-accepted-github-permissions");
  const fix =
    status === 401
      ? "the token is expired or revoked; run lockstep github connect with a new one"
      : `give the token ${permission ?? "the permissions in docs/github.md"}`;
  return new GitHubRefused(`GitHub refused ${what}.\nFix: ${fix}.`);
}

function messageOf(text: string): string {
  try {
    const body: { message?: unknown } = JSON.parse(text);
    return typeof body.message === "string" ? body.message : "";
  } catch {
    return "";
  }
}
