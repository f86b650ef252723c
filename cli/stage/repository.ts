import { GetRepositoryCommand } from "@aws-sdk/client-codecommit";
import { createGitHub, type GitHub, tokenFrom } from "../../lambdas/core/github.ts";
import { codeCommitRepository } from "../../lambdas/source/codecommit.ts";
import { gitHubRepository } from "../../lambdas/source/github.ts";
import type { Repository } from "../../lambdas/source/repository.ts";
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

/** The stage's repository, as the functions of the pipeline read it. */
export function sourceRepository(clients: Clients, stage: Stage): Repository {
  return stage.isOnGitHub
    ? gitHubRepository(openGitHub(clients, stage), stage.repository)
    : codeCommitRepository(clients.codecommit, stage.repository);
}

/** URL of the stage's repository for git. */
export async function cloneUrl({ codecommit, local }: Clients, { isOnGitHub, repository }: Stage): Promise<string> {
  if (isOnGitHub) return `${local ? `${local.endpoint}/github` : "https://github.com"}/${repository}.git`;
  const { repositoryMetadata } = await codecommit.send(new GetRepositoryCommand({ repositoryName: repository }));
  return repositoryMetadata?.cloneUrlHttp ?? "";
}
