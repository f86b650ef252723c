/** The user's mistake: a wrong argument, configuration or environment. The message says how to fix it. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Exit codes of every command, for scripts. */
export const exitCodes = {
  success: 0,
  /** Failed; production is unchanged. */
  failed: 1,
  usage: 2,
  /** The deployment failed and was rolled back. */
  rolledBack: 3,
  /** The rollback failed too: the stage is frozen. */
  rollbackFailed: 4,
} as const;
