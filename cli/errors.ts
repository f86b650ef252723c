/** The user can mend this; the message says how. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Exit codes of every command, so that scripts can tell outcomes apart. */
export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;
