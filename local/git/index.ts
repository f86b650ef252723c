export { git, GitFailed, GitNotInstalled } from "./git.ts";
export {
  isCommitId,
  isReferenceName,
  readBlob,
  readCommit,
  readEntry,
  readFolder,
  resolveCommit,
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
