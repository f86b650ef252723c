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
  /** A rollback or a restore has failed, now or before: the stage is frozen. */
  stageFrozen: 4,
  /** By Ctrl-C. */
  interrupted: 130,
} as const;
