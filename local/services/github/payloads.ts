import type { Cloud } from "#local/cloud/index.ts";
import { git, isAncestor, readCommit } from "#local/git/index.ts";
import { apiUrl, describeHook, webUrl } from "./describe.ts";
import type { HookRecord, ReferenceChange, RepositoryRecord } from "./store.ts";

interface Source {
  cloud: Cloud;
  repository: RepositoryRecord;
  directory: string;
}

/** As GitHub: a payload lists at most 2,048 commits. https://docs.github.com/en/webhooks/webhook-events-and-payloads#push */
const maxCommits = 2048;
const zeros = "0".repeat(40);

export async function pushPayload(source: Source, change: ReferenceChange): Promise<Record<string, unknown>> {
  const { cloud, repository, directory } = source;
  const { reference, before, after, by } = change;
  const ids = after === undefined ? [] : await commitsOf(directory, before, after);
  const commits = await Promise.all(ids.map((id) => describeCommit(source, id)));
  return {
    ref: reference,
    before: before ?? zeros,
    after: after ?? zeros,
    repository: describeRepository(cloud, repository),
    pusher: { name: by, email: `${by}@users.noreply.github.com` },
    sender: describeUser(cloud, by),
    created: before === undefined,
    deleted: after === undefined,
    forced: before !== undefined && after !== undefined && !(await isAncestor(directory, before, after)),
    base_ref: null,
    compare: `${webUrl(cloud, repository.fullName)}/compare/${(before ?? zeros).slice(0, 12)}...${(after ?? zeros).slice(0, 12)}`,
    commits: reference.startsWith("refs/tags/") ? [] : commits,
    head_commit: after === undefined ? null : await describeCommit(source, after),
  };
}

/** The random sentence of a ping is always the same here. */
export function pingPayload(cloud: Cloud, repository: RepositoryRecord, hook: HookRecord): Record<string, unknown> {
  return {
    zen: "Keep it logically awesome.",
    hook_id: hook.id,
    hook: describeHook(cloud, hook),
    repository: describeRepository(cloud, repository),
    sender: describeUser(cloud, "lockstep"),
  };
}

async function commitsOf(directory: string, before: string | undefined, after: string): Promise<string[]> {
  const range = before === undefined ? [after] : [after, `^${before}`];
  const output = await git(directory, "rev-list", "--reverse", `--max-count=${maxCommits}`, ...range, "--");
  return output.toString("utf8").split("\n").filter(Boolean);
}

async function describeCommit({ cloud, repository, directory }: Source, id: string) {
  const { treeId, author, committer, message } = await readCommit(directory, id);
  const changed = await changedFiles(directory, id);
  const person = ({ name, email }: { name: string; email: string }) => ({ name, email, username: name });
  return {
    id,
    tree_id: treeId,
    distinct: true,
    message: message.trimEnd(),
    timestamp: new Date(Number(committer.date.split(" ")[0]) * 1000).toISOString(),
    url: `${webUrl(cloud, repository.fullName)}/commit/${id}`,
    author: person(author),
    committer: person(committer),
    ...changed,
  };
}

async function changedFiles(directory: string, id: string) {
  const output = await git(directory, "diff-tree", "--root", "-r", "-z", "--no-commit-id", "--name-status", id);
  const fields = output.toString("utf8").split("\0").filter(Boolean);
  const entries = fields.flatMap((field, index) =>
    index % 2 === 0 ? [{ kind: field, path: fields[index + 1] ?? "" }] : [],
  );
  const of = (...kinds: string[]) => entries.filter(({ kind }) => kinds.includes(kind)).map(({ path }) => path);
  return { added: of("A"), removed: of("D"), modified: of("M", "T") };
}

function describeRepository(cloud: Cloud, { number: id, fullName, private: isPrivate, createdAt }: RepositoryRecord) {
  const [owner = "", name = ""] = fullName.split("/");
  return {
    id,
    name,
    full_name: fullName,
    private: isPrivate,
    owner: { ...describeUser(cloud, owner), name: owner },
    html_url: webUrl(cloud, fullName),
    url: apiUrl(cloud, fullName),
    clone_url: `${webUrl(cloud, fullName)}.git`,
    created_at: Math.floor(createdAt / 1000),
    default_branch: "main",
  };
}

export const describeUser = (cloud: Cloud, login: string) => ({
  login,
  id: 1,
  type: "User",
  url: `${cloud.endpoint}/github-api/users/${login}`,
});
