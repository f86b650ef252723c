import {
  type CodeCommitClient,
  GetBranchCommand,
  GetCommitCommand,
  GetFileCommand,
  paginateGetDifferences,
} from "@aws-sdk/client-codecommit";
import { hasName } from "../core/errors.ts";
import type { Repository } from "./repository.ts";

export function codeCommitRepository(client: CodeCommitClient, repositoryName: string): Repository {
  return {
    name: repositoryName,
    head: (branchName) =>
      unless("BranchDoesNotExistException", async () => {
        const { branch } = await client.send(new GetBranchCommand({ repositoryName, branchName }));
        return branch?.commitId;
      }),
    commit: (commitId) =>
      unless("CommitIdDoesNotExistException", async () => {
        const { commit } = await client.send(new GetCommitCommand({ repositoryName, commitId }));
        return {
          id: commitId,
          author: commit?.author?.name,
          message: commit?.message ?? "",
          parent: commit?.parents?.[0],
        };
      }),
    async readFile(commitSpecifier, filePath) {
      const file = new GetFileCommand({ repositoryName, commitSpecifier, filePath });
      const answer = await unless("FileDoesNotExistException", () => client.send(file));
      return answer && Buffer.from(answer.fileContent ?? []).toString("utf8");
    },
    async hasFile(commitSpecifier, filePath) {
      const file = new GetFileCommand({ repositoryName, commitSpecifier, filePath });
      return (await unless("FileDoesNotExistException", () => client.send(file))) !== undefined;
    },
    async changes(beforeCommitSpecifier, afterCommitSpecifier) {
      const paths = await unless("CommitDoesNotExistException", async () => {
        const input = { repositoryName, beforeCommitSpecifier, afterCommitSpecifier };
        const differing: string[] = [];
        for await (const { differences = [] } of paginateGetDifferences({ client }, input)) {
          differing.push(
            ...differences.flatMap(({ beforeBlob, afterBlob }) => afterBlob?.path ?? beforeBlob?.path ?? []),
          );
        }
        return differing;
      });
      return { paths };
    },
  };
}

async function unless<R>(name: string, call: () => Promise<R>): Promise<R | undefined> {
  try {
    return await call();
  } catch (error) {
    if (hasName(error, name)) return undefined;
    throw error;
  }
}
