import {
  CodeCommitClient,
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  GetBlobCommand,
  GetBranchCommand,
  GetCommitCommand,
  GetFileCommand,
  GetFolderCommand,
  GetRepositoryCommand,
  ListBranchesCommand,
  ListRepositoriesCommand,
} from "@aws-sdk/client-codecommit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { CloudEvent, Principal } from "#local/cloud/index.ts";
import { codecommit } from "#local/services/codecommit/index.ts";
import { workingCopy, type WorkingCopy } from "#test/support/git.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";

const pullOnly = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: ["codecommit:GitPull", "codecommit:GetBranch"], Resource: "*" }],
};
const repositoryName = "shop";
const repository = { repositoryName };

let local: TestCloud;
let client: CodeCommitClient;
let source: WorkingCopy;
let events: CloudEvent[] = [];

beforeAll(async () => {
  local = await startTestCloud({ services: [codecommit], roles: { reader: pullOnly } });
  local.cloud.onEvent((event) => events.push(event));
  client = local.client(CodeCommitClient);
});
afterAll(() => local.stop());

beforeEach(async () => {
  events = [];
  source = await workingCopy();
  await client.send(new CreateRepositoryCommand({ ...repository, repositoryDescription: "A shop" }));
});
afterEach(async () => {
  source.remove();
  await client.send(new DeleteRepositoryCommand(repository));
});

const root = (): Principal => ({ kind: "root", arn: `arn:aws:iam::${local.cloud.accountId}:root` });
const reader = (): Principal => ({
  kind: "role",
  roleArn: local.roleArn("reader"),
  sessionName: "test",
  arn: "arn:aws:sts::123456789012:assumed-role/reader/test",
});
const url = (token = local.cloud.issueToken(root())) =>
  `${local.endpoint.replace("//", `//lockstep:${token}@`)}/v1/repos/${repositoryName}`;
const details = () => events.map(({ detail }) => detail);

it("describes a repository", async () => {
  const { repositoryMetadata } = await client.send(new GetRepositoryCommand(repository));
  expect(repositoryMetadata).toMatchObject({
    repositoryName,
    repositoryDescription: "A shop",
    Arn: `arn:aws:codecommit:eu-central-1:123456789012:${repositoryName}`,
    cloneUrlHttp: `${local.endpoint}/v1/repos/${repositoryName}`,
  });
  expect(repositoryMetadata?.defaultBranch).toBeUndefined();
  const { repositories } = await client.send(new ListRepositoriesCommand());
  expect(repositories).toEqual([{ repositoryName, repositoryId: repositoryMetadata?.repositoryId }]);
});

it("stores a push, serves it to a clone and emits its events", async () => {
  const commit = await source.commit({ "README.md": "Hello\n" });
  await source.git("push", "--quiet", url(), "main");
  const { branch } = await client.send(new GetBranchCommand({ ...repository, branchName: "main" }));
  expect(branch).toEqual({ branchName: "main", commitId: commit });
  const { repositoryMetadata } = await client.send(new GetRepositoryCommand(repository));
  expect(repositoryMetadata?.defaultBranch).toBe("main");
  expect(events).toEqual([
    {
      source: "aws.codecommit",
      detailType: "CodeCommit Repository State Change",
      resources: [repositoryMetadata?.Arn],
      detail: {
        event: "referenceCreated",
        repositoryName,
        repositoryId: repositoryMetadata?.repositoryId,
        referenceType: "branch",
        referenceName: "main",
        referenceFullName: "refs/heads/main",
        commitId: commit,
        callerUserArn: "arn:aws:iam::123456789012:root",
      },
    },
  ]);
  await source.git("clone", "--quiet", url(), "clone");
  expect(await source.git("-C", "clone", "rev-parse", "HEAD")).toBe(commit);
});

it("emits events for updates, forced updates, tags and deletions", async () => {
  const first = await source.commit({ file: "1" });
  const second = await source.commit({ file: "2" });
  await source.git("tag", "--annotate", "--message=One", "v1", first);
  await source.git("push", "--quiet", url(), "main", "main:topic/a", "v1");
  await source.git("push", "--quiet", "--force", url(), `${first}:refs/heads/main`);
  await source.git("push", "--quiet", url(), "--delete", "topic/a");
  expect(details()).toMatchObject([
    { event: "referenceCreated", referenceName: "main", commitId: second },
    { event: "referenceCreated", referenceName: "topic/a", referenceFullName: "refs/heads/topic/a" },
    { event: "referenceCreated", referenceType: "tag", referenceName: "v1", commitId: first },
    { event: "referenceUpdated", referenceName: "main", commitId: first, oldCommitId: second },
    { event: "referenceDeleted", referenceName: "topic/a", oldCommitId: second },
  ]);
  expect(details().at(-1)).not.toHaveProperty("commitId");
});

it("makes the first branch that is pushed the default one", async () => {
  await source.commit({ file: "1" });
  await source.git("push", "--quiet", url(), "main:trunk");
  const { repositoryMetadata } = await client.send(new GetRepositoryCommand(repository));
  expect(repositoryMetadata?.defaultBranch).toBe("trunk");
  await expect(source.git("push", "--quiet", url(), "--delete", "trunk")).rejects.toThrow("deletion of the current");
});

it("accepts one of two pushes to the same branch and both to different ones", async () => {
  const base = await source.commit({ file: "0" });
  await source.git("push", "--quiet", url(), "main");
  const mine = await source.commit({ file: "1" });
  await source.git("checkout", "--quiet", "-b", "other", base);
  const theirs = await source.commit({ file: "2" });
  const results = await Promise.allSettled([
    source.git("push", "--quiet", url(), `${mine}:refs/heads/main`),
    source.git("push", "--quiet", url(), `${theirs}:refs/heads/main`),
    source.git("push", "--quiet", url(), `${mine}:refs/heads/b1`),
    source.git("push", "--quiet", url(), `${theirs}:refs/heads/b2`),
  ]);
  expect(
    results
      .slice(0, 2)
      .map(({ status }) => status)
      .sort(),
  ).toEqual(["fulfilled", "rejected"]);
  expect(results.slice(2).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  expect(details().filter(({ event }) => event === "referenceUpdated")).toHaveLength(1);
  const { branches } = await client.send(new ListBranchesCommand(repository));
  expect(branches).toEqual(["b1", "b2", "main"]);
});

it.each([
  ["no password", () => url().replace(/\/\/.*@/, "//"), /could not read Username|terminal prompts disabled/],
  ["a forged token", () => url("bm9ib2R5.AAAA"), /403/],
  ["a role that may not push", () => url(local.cloud.issueToken(reader())), /403/],
  ["a repository that does not exist", () => `${url()}x`, /not found/],
])("refuses a push with %s", async (_story, target, message) => {
  await source.commit({ file: "1" });
  await expect(source.git("push", "--quiet", target(), "main")).rejects.toThrow(message);
  expect(events).toEqual([]);
});

it("lets a role pull that is allowed to", async () => {
  await source.commit({ file: "1" });
  await source.git("push", "--quiet", url(), "main");
  const readable = url(local.cloud.issueToken(reader()));
  expect(await source.git("ls-remote", readable)).toContain("refs/heads/main");
});

it.each(["renovate/@types/node-24.x", "fix(cart)", "bob's-try", "größe/漢字", "a&b;c$d"])(
  "serves the branch %s",
  async (branchName) => {
    const commitId = await source.commit({ file: branchName });
    await source.git("push", "--quiet", url(), `main:refs/heads/${branchName}`);
    const { branch } = await local.client(CodeCommitClient).send(new GetBranchCommand({ ...repository, branchName }));
    expect(branch).toEqual({ branchName, commitId });
  },
);

it("accepts only branches and tags", async () => {
  await source.commit({ file: "1" });
  const doubled = source.git("push", "--quiet", url(), "main:refs/heads/refs/heads/main");
  await expect(doubled).rejects.toThrow(/hidden ref/);
  await expect(source.git("push", "--quiet", url(), "main:refs/notes/x")).rejects.toThrow(/hidden ref/);
});

it("rejects a commit that fails fsck", async () => {
  const tree = await source.commit({ file: "1" }).then(() => source.git("rev-parse", "HEAD^{tree}"));
  source.write("broken", `tree ${tree}\nauthor no-email\ncommitter no-email\n\nBroken\n`);
  const id = await source.git("hash-object", "-t", "commit", "-w", "--literally", "broken");
  await expect(source.git("push", "--quiet", url(), `${id}:refs/heads/main`)).rejects.toThrow(/fsck|unpack/);
});

it("emits after a restart the events of pushes received before it", async () => {
  const before = await startTestCloud({ services: [codecommit] });
  const heard: CloudEvent[] = [];
  await before.client(CodeCommitClient).send(new CreateRepositoryCommand(repository));
  const { repositoryMetadata } = await before.client(CodeCommitClient).send(new GetRepositoryCommand(repository));
  const commit = await source.commit({ file: "1" });
  await before.detach();
  // What a killed control plane leaves: the reference is written, the bus knows nothing.
  const bare = `${before.directory}/codecommit/${repositoryMetadata?.repositoryId}.git`;
  await source.git("push", "--quiet", bare, "main");
  const after = await startTestCloud({ services: [codecommit], directory: before.directory });
  after.cloud.onEvent((event) => heard.push(event));
  expect(heard.map(({ detail }) => detail)).toMatchObject([{ event: "referenceCreated", commitId: commit }]);
  await after.stop();
});

it("reads commits, files and folders", async () => {
  const first = await source.commit({ "a.txt": "A", "folder/b.txt": "B" }, "First\n\nWith a body");
  const second = await source.commit({ "a.txt": "AA" });
  await source.git("push", "--quiet", url(), "main");
  const { commit } = await client.send(new GetCommitCommand({ ...repository, commitId: second }));
  expect(commit).toMatchObject({
    commitId: second,
    parents: [first],
    message: "Change\n",
    author: { name: "Ada", email: "ada@example.com", date: expect.stringMatching(/^\d+ [+-]\d{4}$/) },
  });
  const old = await client.send(new GetFileCommand({ ...repository, commitSpecifier: first, filePath: "a.txt" }));
  expect(old).toMatchObject({ commitId: first, filePath: "a.txt", fileMode: "NORMAL", fileSize: 1 });
  expect(Buffer.from(old.fileContent ?? []).toString()).toBe("A");
  const newest = await client.send(new GetFileCommand({ ...repository, filePath: "a.txt", commitSpecifier: "main" }));
  expect(Buffer.from(newest.fileContent ?? []).toString()).toBe("AA");
  const { content } = await client.send(new GetBlobCommand({ ...repository, blobId: newest.blobId }));
  expect(Buffer.from(content ?? []).toString()).toBe("AA");
  const folder = await client.send(new GetFolderCommand({ ...repository, folderPath: "/" }));
  expect(folder.files?.map(({ absolutePath }) => absolutePath)).toEqual(["a.txt"]);
  expect(folder.subFolders?.map(({ relativePath }) => relativePath)).toEqual(["folder"]);
  const inner = await client.send(new GetFolderCommand({ ...repository, folderPath: "folder" }));
  expect(inner.files?.map(({ absolutePath }) => absolutePath)).toEqual(["folder/b.txt"]);
});

const nowhere = "0123456789012345678901234567890123456789";
const file = { ...repository, filePath: "a.txt" };
it.each([
  ["RepositoryDoesNotExistException", () => new GetRepositoryCommand({ repositoryName: "none" })],
  ["InvalidRepositoryNameException", () => new GetRepositoryCommand({ repositoryName: "../etc" })],
  ["RepositoryNameExistsException", () => new CreateRepositoryCommand(repository)],
  ["BranchDoesNotExistException", () => new GetBranchCommand({ ...repository, branchName: "none" })],
  ["InvalidBranchNameException", () => new GetBranchCommand({ ...repository, branchName: "a..b" })],
  ["CommitIdDoesNotExistException", () => new GetCommitCommand({ ...repository, commitId: nowhere })],
  ["InvalidCommitIdException", () => new GetCommitCommand({ ...repository, commitId: "main" })],
  ["CommitDoesNotExistException", () => new GetFileCommand({ ...file, commitSpecifier: nowhere })],
  ["InvalidCommitException", () => new GetFileCommand({ ...file, commitSpecifier: "main^{tree}" })],
  ["FileDoesNotExistException", () => new GetFileCommand({ ...repository, filePath: "none" })],
  ["FileDoesNotExistException", () => new GetFileCommand({ ...repository, filePath: "folder" })],
  ["InvalidPathException", () => new GetFileCommand({ ...repository, filePath: "../a.txt" })],
  ["FolderDoesNotExistException", () => new GetFolderCommand({ ...repository, folderPath: "a.txt" })],
  ["BlobIdDoesNotExistException", () => new GetBlobCommand({ ...repository, blobId: nowhere })],
])("answers %s", async (name, command) => {
  await source.commit({ "a.txt": "A", "folder/b.txt": "B" });
  await source.git("push", "--quiet", url(), "main");
  // The union of all commands is no command for the client's overloads.
  await expect(client.send(command() as GetFileCommand)).rejects.toMatchObject({ name });
});

it("enforces the role's policies", async () => {
  const denied = local.client(CodeCommitClient, "reader");
  await expect(denied.send(new GetFileCommand(file))).rejects.toMatchObject({ name: "AccessDeniedException" });
});
