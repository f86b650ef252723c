export { git } from "./git.ts";
export {
  changedPaths,
  countCommits,
  isAncestor,
  isCommitId,
  isReferenceName,
  mergeBase,
  readBlob,
  readCommit,
  readEntry,
  readFolder,
  resolveCommit,
  type ChangedPath,
  type CommitObject,
  type TreeEntry,
} from "./objects.ts";
export {
  changedReferences,
  createRepositories,
  type Change,
  type References,
  type Repositories,
} from "./repositories.ts";
export { readGitRequest, readPassword, refuseGit, serveBackend, type GitRequest } from "./smart-http.ts";
