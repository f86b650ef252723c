import type { components } from "@octokit/openapi-types";
import type { Cloud } from "#local/cloud/index.ts";
import {
  changedPaths,
  type CommitObject,
  countCommits,
  git,
  mergeBase,
  readBlob,
  readCommit,
  readEntry,
  resolveCommit,
} from "#local/git/index.ts";
import type { Deps } from "../deps.ts";
import { apiUrl, describeRepository, webUrl } from "../describe.ts";
import type { RepositoryRecord } from "../store.ts";
import { ApiError, endpoint, type Endpoint, notFound } from "./route.ts";

type Schemas = components["schemas"];
type Commit = Omit<Schemas["commit"], "stats" | "files">;

/** As GitHub: https://docs.github.com/en/rest/commits/commits#compare-two-commits */
const maxFiles = 300;

/** Repository, references, commits, comparisons and files. */
export function contentEndpoints({ cloud, repositories }: Deps): Endpoint[] {
  const commitOf = async (repository: RepositoryRecord, ref: string): Promise<string> => {
    const sha = await resolveCommit(repositories.directoryOf(repository), ref);
    if (sha === undefined) throw notFound();
    return sha;
  };
  const placeOf = (repository: RepositoryRecord) => ({
    cloud,
    repository,
    directory: repositories.directoryOf(repository),
  });
  return [
    endpoint("GET ", "metadata=read", async ({ repository }) => {
      const head = await git(repositories.directoryOf(repository), "symbolic-ref", "--short", "HEAD");
      return { status: 200, body: describeRepository(cloud, repository, head.toString("utf8").trim()) };
    }),
    endpoint("GET /git/ref/{ref+}", "contents=read", async ({ repository, segments: [name = ""] }) => {
      const sha = await commitOf(repository, `refs/${name}`);
      const body: Schemas["git-ref"] = {
        ref: `refs/${name}`,
        node_id: "",
        url: `${apiUrl(cloud, repository.fullName)}/git/refs/${name}`,
        object: { type: "commit", sha, url: `${apiUrl(cloud, repository.fullName)}/git/commits/${sha}` },
      };
      return { status: 200, body };
    }),
    endpoint("GET /commits/{ref}", "contents=read", async ({ repository, segments: [ref = ""] }) => {
      const sha = await resolveCommit(repositories.directoryOf(repository), ref);
      if (sha === undefined) throw new ApiError(422, `No commit found for SHA: ${ref}`);
      return { status: 200, body: await readCommitOf(placeOf(repository), sha) };
    }),
    endpoint(
      "GET /compare/{base}...{head}",
      "contents=read",
      async ({ repository, segments: [from = "", to = ""] }) => {
        const [base, head] = [await commitOf(repository, from), await commitOf(repository, to)];
        return { status: 200, body: await compare(placeOf(repository), base, head) };
      },
    ),
    endpoint("GET /contents/{path+}", "contents=read", async ({ repository, segments: [path = ""], query }) => {
      const commit = await commitOf(repository, query.get("ref") ?? "HEAD");
      return { status: 200, body: await readFile(placeOf(repository), commit, path) };
    }),
  ];
}

interface Place {
  cloud: Cloud;
  repository: RepositoryRecord;
  directory: string;
}

async function readFile({ cloud, repository, directory }: Place, commit: string, path: string) {
  const entry = await readEntry(directory, commit, path);
  if (!entry) throw notFound();
  if (entry.type !== "blob") throw new ApiError(501, "The stand-in of GitHub does not list directories");
  const { size = 0, content = Buffer.alloc(0) } = (await readBlob(directory, entry.id)) ?? {};
  const url = `${apiUrl(cloud, repository.fullName)}/contents/${path}`;
  return {
    type: "file",
    encoding: "base64",
    size,
    name: path.slice(path.lastIndexOf("/") + 1),
    path,
    content: content.toString("base64"),
    sha: entry.id,
    url,
    git_url: null,
    html_url: null,
    download_url: null,
    _links: { git: null, html: null, self: url },
  } satisfies Schemas["content-file"];
}

async function compare({ cloud, repository, directory }: Place, base: string, head: string) {
  const common = await mergeBase(directory, base, head);
  if (common === undefined) throw new ApiError(404, `No common ancestor between ${base} and ${head}.`);
  const [ahead_by, behind_by] = [await countCommits(directory, base, head), await countCommits(directory, head, base)];
  const read = (sha: string) => readCommitOf({ cloud, repository, directory }, sha);
  const files = (await changedPaths(directory, common, head)).slice(0, maxFiles);
  const url = `${apiUrl(cloud, repository.fullName)}/compare/${base}...${head}`;
  return {
    url,
    base_commit: await read(base),
    merge_base_commit: await read(common),
    status: statusOf(ahead_by, behind_by),
    ahead_by,
    behind_by,
    total_commits: ahead_by,
    files: files.map(({ path: filename, kind }) => ({ filename, status: kind })),
  } satisfies Omit<Partial<Schemas["commit-comparison"]>, "files" | "base_commit" | "merge_base_commit"> & {
    base_commit: Commit;
    merge_base_commit: Commit;
    files: Pick<Schemas["diff-entry"], "filename" | "status">[];
  };
}

function statusOf(ahead: number, behind: number): Schemas["commit-comparison"]["status"] {
  if (ahead > 0) return behind > 0 ? "diverged" : "ahead";
  return behind > 0 ? "behind" : "identical";
}

async function readCommitOf({ cloud, repository, directory }: Place, sha: string): Promise<Commit> {
  const commit = await readCommit(directory, sha);
  const url = `${apiUrl(cloud, repository.fullName)}/commits/${sha}`;
  const html = (id: string) => `${webUrl(cloud, repository.fullName)}/commit/${id}`;
  return {
    url,
    sha,
    node_id: "",
    html_url: html(sha),
    comments_url: `${url}/comments`,
    commit: {
      url,
      author: signatureOf(commit.author),
      committer: signatureOf(commit.committer),
      message: commit.message.trimEnd(),
      comment_count: 0,
      tree: { sha: commit.treeId, url: `${apiUrl(cloud, repository.fullName)}/git/trees/${commit.treeId}` },
    },
    author: null,
    committer: null,
    parents: commit.parents.map((id) => ({ sha: id, url: `${apiUrl(cloud, repository.fullName)}/commits/${id}` })),
  };
}

const signatureOf = ({ name, email, date }: CommitObject["author"]) => ({
  name,
  email,
  date: new Date(Number(date.split(" ")[0]) * 1000).toISOString(),
});
