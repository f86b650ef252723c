import {
  BlobIdDoesNotExistException,
  CommitDoesNotExistException,
  FileDoesNotExistException,
  FileTooLargeException,
  FolderDoesNotExistException,
  InvalidBlobIdException,
  InvalidCommitException,
  InvalidPathException,
  type FileModeTypeEnum,
} from "@aws-sdk/client-codecommit";
import type { Operations } from "#local/cloud/index.ts";
import { isCommitId, isReferenceName, readBlob, readEntry, readFolder, resolveCommit } from "../objects.ts";
import type { TreeEntry } from "../objects.ts";
import type { Deps } from "../deps.ts";
import { findRepository } from "../repository.ts";

type ContentOperations = Pick<Operations<"codecommit">, "getFile" | "getFolder" | "getBlob">;

// as AWS: https://docs.aws.amazon.com/codecommit/latest/userguide/limits.html
const largestFileBytes = 6 * 1024 * 1024;

export function createContentOperations(deps: Deps): ContentOperations {
  return {
    async getFile({ repositoryName, commitSpecifier, filePath }) {
      const { directory } = findRepository(deps, repositoryName);
      const path = readPath(filePath);
      const commitId = await findCommit(directory, commitSpecifier);
      const entry = await readEntry(directory, commitId, path);
      if (entry?.type !== "blob")
        throw new FileDoesNotExistException({ message: `Could not find path ${filePath}`, $metadata: {} });
      const fileContent = await readLimited(directory, entry.id, entry.size);
      const { id: blobId, size: fileSize } = entry;
      return { commitId, blobId, filePath: path, fileMode: modeOf(entry), fileSize, fileContent };
    },
    async getFolder({ repositoryName, commitSpecifier, folderPath }) {
      const { directory } = findRepository(deps, repositoryName);
      const path = folderPath === "/" || folderPath === "" ? "" : readPath(folderPath);
      const commitId = await findCommit(directory, commitSpecifier);
      const folder = await readFolder(directory, commitId, path);
      if (!folder)
        throw new FolderDoesNotExistException({ message: `Could not find path ${folderPath}`, $metadata: {} });
      return { commitId, folderPath: path, treeId: folder.treeId, ...sortEntries(path, folder.entries) };
    },
    async getBlob({ repositoryName, blobId }) {
      const { directory } = findRepository(deps, repositoryName);
      if (!isCommitId(blobId))
        throw new InvalidBlobIdException({ message: `"${blobId}" is not a full blob id`, $metadata: {} });
      const content = await readBlob(directory, blobId);
      if (!content) throw new BlobIdDoesNotExistException({ message: `Blob ${blobId} does not exist`, $metadata: {} });
      if (content.length > largestFileBytes) throw tooLarge(content.length);
      return { content };
    },
  };
}

async function findCommit(directory: string, specifier = "HEAD"): Promise<string> {
  if (!isReferenceName(specifier))
    throw new InvalidCommitException({ message: `"${specifier}" is not a commit specifier`, $metadata: {} });
  const commit = await resolveCommit(directory, specifier);
  if (commit === undefined)
    throw new CommitDoesNotExistException({ message: `Could not find a commit for ${specifier}`, $metadata: {} });
  return commit;
}

function readPath(path: string): string {
  const segments = path.replace(/^\//, "").replace(/\/$/, "").split("/");
  if (path.includes("\0") || segments.some((segment) => segment === "" || segment === "." || segment === ".."))
    throw new InvalidPathException({ message: `"${path}" is not a path in a repository`, $metadata: {} });
  return segments.join("/");
}

async function readLimited(directory: string, id: string, size: number): Promise<Buffer> {
  if (size > largestFileBytes) throw tooLarge(size);
  const content = await readBlob(directory, id);
  if (!content) throw new FileDoesNotExistException({ message: `Blob ${id} does not exist`, $metadata: {} });
  return content;
}

const tooLarge = (size: number) =>
  new FileTooLargeException({
    message: `The file has ${size} bytes; at most ${largestFileBytes} can be read.`,
    $metadata: {},
  });

function modeOf({ mode }: TreeEntry): FileModeTypeEnum {
  if (mode === "120000") return "SYMLINK";
  return mode === "100755" ? "EXECUTABLE" : "NORMAL";
}

function sortEntries(folder: string, entries: readonly TreeEntry[]) {
  const paths = ({ path }: TreeEntry) => ({
    absolutePath: folder === "" ? path : `${folder}/${path}`,
    relativePath: path,
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
