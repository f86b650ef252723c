import { GetBranchCommand, GetCommitCommand, GetFolderCommand } from "@aws-sdk/client-codecommit";
import type { Clients } from "./clients.ts";
import { UsageError } from "../errors.ts";
import type { Stage } from "./stage.ts";
import { listDeployments } from "./records.ts";

export interface FoundCommit {
  commit: string;
  branch: string;
  message: string;
}

/** The commit that a person means: a branch or tag of the repository, a commit, or the head of the stage's branch. */
export async function findCommit(clients: Clients, stage: Stage, ref: string | undefined): Promise<FoundCommit> {
  const branch = ref ?? stage.config.branch;
  const head = await headOf(clients, stage, branch);
  const commit = head ?? (await resolve(clients, stage, branch));
  if (commit === undefined) {
    const advice =
      ref === undefined
        ? `Push to branch ${branch} first.`
        : "Give a branch, a tag, or a commit that was pushed (in full).";
    throw new UsageError(`Repository ${stage.repository} has no branch, tag or commit "${branch}". ${advice}`);
  }
  const message = await messageOf(clients, stage, commit);
  return { commit, branch: head === undefined ? stage.config.branch : branch, message };
}

async function headOf({ codecommit }: Clients, { repository }: Stage, branchName: string) {
  return codecommit
    .send(new GetBranchCommand({ repositoryName: repository, branchName }))
    .then(({ branch }) => branch?.commitId)
    .catch(unlessNamed("BranchDoesNotExistException", "InvalidBranchNameException"));
}

async function resolve(clients: Clients, stage: Stage, ref: string): Promise<string | undefined> {
  const deployed = /^[0-9a-f]{4,39}$/.test(ref) ? await deployedCommit(clients, stage, ref) : undefined;
  if (deployed !== undefined) return deployed;
  // CodeCommit has no call that reads a tag. A folder is read at any reference, and the answer names the commit:
  // https://docs.aws.amazon.com/codecommit/latest/APIReference/API_GetFolder.html
  return clients.codecommit
    .send(new GetFolderCommand({ repositoryName: stage.repository, commitSpecifier: ref, folderPath: "/" }))
    .then(({ commitId }) => commitId)
    .catch(unlessNamed("CommitDoesNotExistException", "InvalidCommitException"));
}

/** CodeCommit knows commits by their full id alone; the short ones that commands print are of deployments. */
async function deployedCommit(clients: Clients, stage: Stage, short: string): Promise<string | undefined> {
  const deployments = await listDeployments(clients, stage, Number.POSITIVE_INFINITY);
  const commits = new Set(deployments.map(({ commit }) => commit).filter((commit) => commit.startsWith(short)));
  if (commits.size > 1) throw new UsageError(`"${short}" may be ${[...commits].join(" or ")}; give more of it.`);
  return [...commits][0];
}

async function messageOf({ codecommit }: Clients, { repository }: Stage, commitId: string): Promise<string> {
  const { commit } = await codecommit.send(new GetCommitCommand({ repositoryName: repository, commitId }));
  return commit?.message ?? "";
}

function unlessNamed(...names: string[]) {
  return (error: unknown): undefined => {
    if (!(error instanceof Error) || !names.includes(error.name)) throw error;
  };
}
