/** The user can mend this; the message says how. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Exit codes of every command, so that scripts can tell outcomes apart. */
export const exitCodes = {
  /** What was asked for is done. */
  ok: 0,
  /** It is not, and nothing that users see was changed. */
  failed: 1,
  usage: 2,
  /** A deployment failed, and its traffic was taken back. */
  rolledBack: 3,
  /** Traffic may not be where it should be: a person has to look. */
  rollbackFailed: 4,
} as const;
