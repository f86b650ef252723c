import { GetBranchCommand, GetCommitCommand, GetFolderCommand } from "@aws-sdk/client-codecommit";
import type { Clients } from "./clients.ts";
import { UsageError } from "../errors.ts";
import { sourceRepository } from "./repository.ts";
import type { Stage } from "./stage.ts";
import { currentRelease, listDeployments, readDeployment } from "./records.ts";
import { unlessNamed } from "./unless-named.ts";

export interface FoundCommit {
  commit: string;
  branch: string;
  message: string;
}

/** The commit of a branch, a tag or a commit id; without a reference, the head of the stage's branch. */
export async function findCommit(clients: Clients, stage: Stage, ref: string | undefined): Promise<FoundCommit> {
  const branch = ref ?? stage.config.branch;
  if (stage.isOnGitHub) return findOnGitHub(clients, stage, ref);
  const head = await headOf(clients, stage, branch);
  const commit = head ?? (await resolve(clients, stage, branch));
  if (commit === undefined) {
    const advice =
      ref === undefined
        ? `push to branch ${branch} first.`
        : "give a branch, a tag, or the full id of a pushed commit.";
    throw new UsageError(`Repository ${stage.repository} has no branch, tag or commit "${branch}". Fix: ${advice}`);
  }
  const message = await messageOf(clients, stage, commit);
  return { commit, branch: head === undefined ? stage.config.branch : branch, message };
}

/** The commit of the live release, from its record. */
export async function findLiveCommit(clients: Clients, stage: Stage): Promise<FoundCommit> {
  const live = await currentRelease(clients, stage);
  if (!live)
    throw new UsageError("No release is live yet. Fix: deploy a commit first, with lockstep deploy or a push.");
  const { branch, message = "" } = (await readDeployment(clients, stage, live.deployment)) ?? {};
  return { commit: live.commit, branch: branch ?? stage.config.branch, message };
}

async function findOnGitHub(clients: Clients, stage: Stage, ref: string | undefined): Promise<FoundCommit> {
  const repository = sourceRepository(clients, stage);
  const name = ref ?? stage.config.branch;
  const head = await repository.head(name);
  const commit = await repository.commit(head ?? name);
  if (!commit)
    throw new UsageError(
      `Repository ${stage.repository} has no branch, tag or commit "${name}". Fix: push it first, or give another one.`,
    );
  return { commit: commit.id, branch: head === undefined ? stage.config.branch : name, message: commit.message };
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
  // CodeCommit has no operation that reads a tag. GetFolder accepts any reference and returns the commit:
  // https://docs.aws.amazon.com/codecommit/latest/APIReference/API_GetFolder.html
  return clients.codecommit
    .send(new GetFolderCommand({ repositoryName: stage.repository, commitSpecifier: ref, folderPath: "/" }))
    .then(({ commitId }) => commitId)
    .catch(unlessNamed("CommitDoesNotExistException", "InvalidCommitException"));
}

/** CodeCommit accepts full commit ids only; the short ones that commands print are found in the deployments. */
async function deployedCommit(clients: Clients, stage: Stage, short: string): Promise<string | undefined> {
  const deployments = await listDeployments(clients, stage, Number.POSITIVE_INFINITY);
  const commits = new Set(deployments.map(({ commit }) => commit).filter((commit) => commit.startsWith(short)));
  if (commits.size > 1)
    throw new UsageError(`"${short}" matches ${[...commits].join(" and ")}. Fix: give more characters.`);
  return [...commits][0];
}

async function messageOf({ codecommit }: Clients, { repository }: Stage, commitId: string): Promise<string> {
  const { commit } = await codecommit.send(new GetCommitCommand({ repositoryName: repository, commitId }));
  return commit?.message ?? "";
}
