export interface Commit {
  readonly id: string;
  readonly author?: string | undefined;
  readonly message: string;
  /** The first one, to which a merge added; undefined of the first commit. */
  readonly parent?: string | undefined;
}

/** The repository that a stage deploys, on GitHub or in CodeCommit. */
export interface Repository {
  readonly name: string;
  /** The newest commit of a branch; undefined if there is no such branch. */
  head(branch: string): Promise<string | undefined>;
  /** By its full id; on GitHub, also by another name. Undefined if the repository does not have it. */
  commit(ref: string): Promise<Commit | undefined>;
  /** Undefined if the commit has no such file. */
  readFile(commit: string, path: string): Promise<string | undefined>;
  hasFile(commit: string, path: string): Promise<boolean>;
  changes(from: string, to: string): Promise<Changes>;
}

export interface Changes {
  /** Whether `to` is an ancestor of `from`. Undefined if the source does not say. */
  readonly isBehind?: boolean | undefined;
  /** Files that differ; undefined if they cannot all be listed. */
  readonly paths?: readonly string[] | undefined;
}
