import { codeCommit, gitHub } from "../core/clients.ts";
import { codeCommitRepository } from "./codecommit.ts";
import type { SourceSettings } from "./contract.ts";
import { gitHubRepository } from "./github.ts";
import type { Repository } from "./repository.ts";

export function openRepository({ REPOSITORY_NAME, GITHUB_TOKEN_ARN }: SourceSettings): Repository {
  return GITHUB_TOKEN_ARN === undefined
    ? codeCommitRepository(codeCommit(), REPOSITORY_NAME)
    : gitHubRepository(gitHub(GITHUB_TOKEN_ARN), REPOSITORY_NAME);
}
