import { git, GitFailed } from "./git.ts";
import { type GitObject, readObject } from "./object-reader.ts";

export interface TreeEntry {
  mode: string;
  type: "blob" | "tree" | "commit";
  id: string;
  /** In its folder. */
  name: string;
}

export interface Signature {
  name: string;
  email: string;
  /** `<seconds since 1970> <zone>`, in git and in CodeCommit. */
  date: string;
}

export interface CommitObject {
  treeId: string;
  parents: string[];
  author: Signature;
  committer: Signature;
  message: string;
}

const commitId = /^[0-9a-f]{40}$/;
// A superset of what git allows in reference names, without the operators of git's revision syntax.
/** The rules of `git check-ref-format`, and CodeCommit's length: https://git-scm.com/docs/git-check-ref-format */
// oxlint-disable-next-line no-control-regex -- git's rule
const notInReferences = /[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.lock(\/|$)|^[-./]|[./]$|^@$/;
const longestReferenceName = 256;

export const isCommitId = (text: string) => commitId.test(text);
export const isReferenceName = (text: string) =>
  text.length > 0 && text.length <= longestReferenceName && !notInReferences.test(text);

/** Commit of a full id, a branch, a tag, a full reference name or HEAD; undefined when there is none. */
export async function resolveCommit(directory: string, specifier: string): Promise<string | undefined> {
  const candidates =
    isCommitId(specifier) || specifier === "HEAD" || specifier.startsWith("refs/")
      ? [specifier]
      : [`refs/heads/${specifier}`, `refs/tags/${specifier}`];
  for (const candidate of candidates) {
    const commit = await readObject(directory, `${candidate}^{commit}`);
    if (commit) return commit.id;
  }
  return undefined;
}

export async function readCommit(directory: string, id: string): Promise<CommitObject> {
  const commit = await readObject(directory, `${id}^{commit}`);
  if (!commit?.content) throw new GitFailed(`${id} is not a commit`, null);
  const text = commit.content.toString("utf8");
  const end = text.indexOf("\n\n");
  const fields = text
    .slice(0, end)
    .split("\n")
    .map((line): [string, string] => [line.split(" ", 1)[0] ?? "", line.slice(line.indexOf(" ") + 1)]);
  const first = (name: string) => fields.find(([field]) => field === name)?.[1] ?? "";
  return {
    treeId: first("tree"),
    parents: fields.filter(([field]) => field === "parent").map(([, id]) => id),
    author: readSignature(first("author")),
    committer: readSignature(first("committer")),
    message: text.slice(end + 2),
  };
}

function readSignature(line: string): Signature {
  const [, name = "", email = "", date = ""] = /^(.*?) ?<(.*?)> (.*)$/.exec(line) ?? [];
  return { name, email, date };
}

/** The entry at a path, or undefined. */
export async function readEntry(directory: string, commit: string, path: string): Promise<TreeEntry | undefined> {
  const folders = path.split("/");
  const name = folders.pop();
  const folder = await readTree(directory, commit, folders);
  return folder && readEntries(folder).find((entry) => entry.name === name);
}

/** Content of a folder; the empty path is the root. Undefined when it is not a folder. */
export async function readFolder(directory: string, commit: string, path: string) {
  const folder = await readTree(directory, commit, path === "" ? [] : path.split("/"));
  return folder && { treeId: folder.id, entries: readEntries(folder) };
}

/** Undefined when there is none; without content if it has over 12 MB. */
export async function readBlob(directory: string, id: string): Promise<GitObject | undefined> {
  const object = await readObject(directory, id);
  return object?.type === "blob" ? object : undefined;
}

async function readTree(directory: string, commit: string, path: readonly string[]): Promise<GitObject | undefined> {
  let tree = await readObject(directory, `${commit}^{tree}`);
  for (const name of path) {
    const entry = tree && readEntries(tree).find((each) => each.name === name && each.type === "tree");
    tree = entry && (await readObject(directory, entry.id));
  }
  return tree;
}

/** For each entry `<mode> <name>`, a zero byte and the id: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects */
function readEntries({ content = Buffer.alloc(0) }: GitObject): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let start = 0; start < content.length; ) {
    const space = content.indexOf(" ", start);
    const end = content.indexOf(0, space);
    const mode = content.toString("latin1", start, space).padStart(6, "0");
    const type = mode === "040000" ? "tree" : mode === "160000" ? "commit" : "blob";
    start = end + 21;
    entries.push({
      mode,
      type,
      id: content.toString("hex", end + 1, start),
      name: content.toString("utf8", space + 1, end),
    });
  }
  return entries;
}

async function orUndefined(result: Promise<Buffer>): Promise<Buffer | undefined> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof GitFailed) return undefined;
    throw error;
  }
}

export async function isAncestor(directory: string, ancestor: string, commit: string): Promise<boolean> {
  return (await mergeBase(directory, ancestor, commit)) === ancestor;
}

export async function mergeBase(directory: string, one: string, other: string): Promise<string | undefined> {
  const common = await orUndefined(git(directory, "merge-base", one, other));
  return common?.toString("utf8").trim();
}

/** The commits of `to` that `from` does not have. */
export async function countCommits(directory: string, from: string, to: string): Promise<number> {
  return Number((await git(directory, "rev-list", "--count", `${from}..${to}`, "--")).toString("utf8"));
}

export interface ChangedPath {
  path: string;
  kind: "added" | "removed" | "modified";
  before: { mode: string; id: string };
  after: { mode: string; id: string };
}

/** The files that differ between two commits; a renamed file is removed and added. */
export async function changedPaths(directory: string, from: string, to: string): Promise<ChangedPath[]> {
  const output = await git(directory, "diff-tree", "-r", "-z", "--no-renames", "--full-index", from, to);
  const fields = output.toString("utf8").split("\0").filter(Boolean);
  return fields.flatMap((field, index): ChangedPath[] => {
    if (index % 2 === 1) return [];
    const [beforeMode = "", mode = "", beforeId = "", id = "", letter = ""] = field.slice(1).split(" ");
    const kind = letter === "A" ? "added" : letter === "D" ? "removed" : "modified";
    return [{ path: fields[index + 1] ?? "", kind, before: { mode: beforeMode, id: beforeId }, after: { mode, id } }];
  });
}
