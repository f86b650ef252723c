import type { Difference, FileModeTypeEnum } from "@aws-sdk/client-codecommit";
import {
  changedPaths,
  type ChangedPath,
  isCommitId,
  isReferenceName,
  readBlob,
  readEntry,
  readFolder,
  resolveCommit,
  type TreeEntry,
} from "#local/git/index.ts";
import type { Deps } from "../deps.ts";
import { fault } from "../faults.ts";
import type { Operations } from "../reads.ts";
import { findRepository } from "../repository.ts";

// as AWS: https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html
const largestFileBytes = 6 * 1024 * 1024;

export function createContentOperations(deps: Deps) {
  return {
    async getFile({ repositoryName, commitSpecifier, filePath }) {
      const { directory } = findRepository(deps, repositoryName);
      const path = readPath(filePath);
      const commitId = await findCommit(directory, commitSpecifier);
      const entry = await readEntry(directory, commitId, path);
      if (entry?.type !== "blob") throw fault("FileDoesNotExistException", `Could not find path ${filePath}`);
      const { id: blobId } = entry;
      const fileContent = await readLimited(directory, blobId);
      if (!fileContent) throw fault("FileDoesNotExistException", `Blob ${blobId} does not exist`);
      const { length: fileSize } = fileContent;
      return { commitId, blobId, filePath: path, fileMode: modeOf(entry), fileSize, fileContent };
    },
    async getFolder({ repositoryName, commitSpecifier, folderPath }) {
      const { directory } = findRepository(deps, repositoryName);
      const path = folderPath === "/" || folderPath === "" ? "" : readPath(folderPath);
      const commitId = await findCommit(directory, commitSpecifier);
      const folder = await readFolder(directory, commitId, path);
      if (!folder) throw fault("FolderDoesNotExistException", `Could not find path ${folderPath}`);
      return { commitId, folderPath: path, treeId: folder.treeId, ...sortEntries(path, folder.entries) };
    },
    async getDifferences({ repositoryName, beforeCommitSpecifier, afterCommitSpecifier }) {
      const { directory } = findRepository(deps, repositoryName);
      if (beforeCommitSpecifier === undefined)
        throw fault("CommitRequiredException", "A comparison with nothing is not supported by the local cloud");
      const before = await findCommit(directory, beforeCommitSpecifier);
      const changed = await changedPaths(directory, before, await findCommit(directory, afterCommitSpecifier));
      return { differences: changed.map(describeDifference) };
    },
    async getBlob({ repositoryName, blobId }) {
      const { directory } = findRepository(deps, repositoryName);
      if (!isCommitId(blobId)) throw fault("InvalidBlobIdException", `"${blobId}" is not a full blob id`);
      const content = await readLimited(directory, blobId);
      if (!content) throw fault("BlobIdDoesNotExistException", `Blob ${blobId} does not exist`);
      return { content };
    },
  } satisfies Partial<Operations>;
}

async function findCommit(directory: string, specifier = "HEAD"): Promise<string> {
  if (!isReferenceName(specifier)) throw fault("InvalidCommitException", `"${specifier}" is not a commit specifier`);
  const commit = await resolveCommit(directory, specifier);
  if (commit === undefined) throw fault("CommitDoesNotExistException", `Could not find a commit for ${specifier}`);
  return commit;
}

function readPath(path: string): string {
  const segments = path.replace(/^\//, "").replace(/\/$/, "").split("/");
  if (path.includes("\0") || segments.some((segment) => segment === "" || segment === "." || segment === ".."))
    throw fault("InvalidPathException", `"${path}" is not a path in a repository`);
  return segments.join("/");
}

/** Undefined if there is no such blob. */
async function readLimited(directory: string, id: string): Promise<Buffer | undefined> {
  const blob = await readBlob(directory, id);
  if (blob && (!blob.content || blob.size > largestFileBytes))
    throw fault("FileTooLargeException", `The file has ${blob.size} bytes; at most ${largestFileBytes} can be read.`);
  return blob?.content;
}

const changeTypes = { added: "A", removed: "D", modified: "M" } as const;

function describeDifference({ path, kind, before, after }: ChangedPath): Difference {
  const blob = ({ id, mode }: ChangedPath["before"]) => ({ blobId: id, path, mode });
  return {
    beforeBlob: kind === "added" ? undefined : blob(before),
    afterBlob: kind === "removed" ? undefined : blob(after),
    changeType: changeTypes[kind],
  };
}

function modeOf({ mode }: TreeEntry): FileModeTypeEnum {
  if (mode === "120000") return "SYMLINK";
  return mode === "100755" ? "EXECUTABLE" : "NORMAL";
}

function sortEntries(folder: string, entries: readonly TreeEntry[]) {
  const paths = ({ name }: TreeEntry) => ({
    absolutePath: folder === "" ? name : `${folder}/${name}`,
    relativePath: name,
  });
  const blobs = entries
    .filter(({ type }) => type === "blob")
    .map((entry) => ({ blobId: entry.id, ...paths(entry), fileMode: modeOf(entry) }));
  return {
    subFolders: entries.filter(({ type }) => type === "tree").map((entry) => ({ treeId: entry.id, ...paths(entry) })),
    files: blobs.filter(({ fileMode }) => fileMode !== "SYMLINK"),
    symbolicLinks: blobs.filter(({ fileMode }) => fileMode === "SYMLINK"),
    subModules: entries
      .filter(({ type }) => type === "commit")
      .map((entry) => ({ commitId: entry.id, ...paths(entry) })),
  };
}
