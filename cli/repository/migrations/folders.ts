import path from "node:path";
import { inFolder, type Repository } from "../repository.ts";

/** Folders below the app with files that match, with the files' names. */
export function foldersWith(repository: Repository, root: string, pattern: RegExp): Map<string, string[]> {
  const folders = new Map<string, string[]>();
  for (const file of repository.files) {
    if (root !== "." && !file.startsWith(inFolder(root, "/"))) continue;
    const folder = path.posix.relative(root, path.posix.dirname(file)) || ".";
    if (!pattern.test(path.posix.basename(file))) continue;
    folders.set(folder, [...(folders.get(folder) ?? []), path.posix.basename(file)]);
  }
  return folders;
}

export function hasFiles(repository: Repository, folder: string): boolean {
  return repository.files.some((file) => file.startsWith(inFolder(folder, "/")));
}

/** A configuration file of a tool, such as `knexfile.ts`. */
export function configurationFile(repository: Repository, root: string, pattern: RegExp): string | undefined {
  return repository.files.find((file) => path.posix.dirname(file) === root && pattern.test(path.posix.basename(file)));
}

/** A folder that a configuration file names, relative to the app. */
export function relativeFolder(file: string, root: string, folder: string): string {
  return path.posix.relative(root, path.posix.join(path.posix.dirname(file), folder)) || ".";
}
