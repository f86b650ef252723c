import { createGitHub, type GitHub, tokenFrom } from "../../lambdas/core/github.ts";
import type { Clients } from "./clients.ts";
import type { Stage } from "./stage.ts";

export const tokenSecret = ({ prefix }: Stage) => `${prefix}/github-token`;
export const webhookSecret = ({ prefix }: Stage) => `${prefix}/github-webhook`;

/** GitHub with the token of the stage, or with another; the stand-in of a local cloud. */
export function openGitHub({ local, secrets }: Clients, stage: Stage, token?: string): GitHub {
  const url = local ? `${local.endpoint}/github-api` : (process.env.GITHUB_API_URL ?? "https://api.github.com");
  const read = tokenFrom(secrets, tokenSecret(stage));
  return createGitHub({ url, token: (refresh) => (token === undefined ? read(refresh) : Promise.resolve(token)) });
}

export function gitHubCloneUrl({ local }: Clients, { repository }: Stage): string {
  if (!local) return `https://github.com/${repository}.git`;
  const url = new URL(`${local.endpoint}/github/${repository}.git`);
  return Object.assign(url, { username: "lockstep", password: local.gitToken }).href;
}
