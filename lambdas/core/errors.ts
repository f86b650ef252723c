/** The names under which an execution fails; each indicates where to act. */
type StepErrorName =
  | "BuildFailed"
  | "GitHubRefused"
  | "ConfigMissing"
  | "DatabaseUnreachable"
  | "DatabaseBusy"
  | "DatabaseInconsistent"
  | "DestructiveMigration"
  | "Rejected"
  | "SnapshotFailed"
  | "MigrationFailed"
  | "MigrationsIncomplete"
  | "AssetsFailed"
  | "ShiftFailed"
  | "ProbeFailed"
  | "AlarmRaised"
  | "RestoreFailed"
  | "RollbackRefused"
  | "RollbackFailed"
  | "LockNotHeld"
  | "ReleaseOutdated";

/** A step fails. The message is what a person reads first: what happened, the evidence, and what to do (`Fix:`, `run:`). */
export abstract class StepError extends Error {
  abstract override readonly name: StepErrorName;
}

export class BuildFailed extends StepError {
  override readonly name = "BuildFailed";
}

/** GitHub refused a call of the pipeline: its token is missing, expired or lacks a permission. */
export class GitHubRefused extends StepError {
  override readonly name = "GitHubRefused";
}

export class ConfigMissing extends StepError {
  override readonly name = "ConfigMissing";
}

export class DatabaseUnreachable extends StepError {
  override readonly name = "DatabaseUnreachable";
}

/** The database cannot be migrated safely now; it may be later. */
export class DatabaseBusy extends StepError {
  override readonly name = "DatabaseBusy";
}

/** The database is not in the state that the migrations expect; a person has to correct it. */
export class DatabaseInconsistent extends StepError {
  override readonly name = "DatabaseInconsistent";
}

export class DestructiveMigration extends StepError {
  override readonly name = "DestructiveMigration";
}

/** A person rejected the deployment, or approval timed out. */
export class Rejected extends StepError {
  override readonly name = "Rejected";
}

export class SnapshotFailed extends StepError {
  override readonly name = "SnapshotFailed";
}

export class MigrationFailed extends StepError {
  override readonly name = "MigrationFailed";
}

/** The migration task succeeded without applying all pending migrations. */
export class MigrationsIncomplete extends StepError {
  override readonly name = "MigrationsIncomplete";
}

/** The live release could not be deployed again with the assets of the new one. */
export class AssetsFailed extends StepError {
  override readonly name = "AssetsFailed";
}

export class ShiftFailed extends StepError {
  override readonly name = "ShiftFailed";
}

export class ProbeFailed extends StepError {
  override readonly name = "ProbeFailed";
}

export class AlarmRaised extends StepError {
  override readonly name = "AlarmRaised";
}

export class RestoreFailed extends StepError {
  override readonly name = "RestoreFailed";
}

/** The only error that the machines catch: they return to Acquire lock and walk through the steps again. */
export class LockNotHeld extends StepError {
  override readonly name = "LockNotHeld";
}

export class ReleaseOutdated extends StepError {
  override readonly name = "ReleaseOutdated";
}

/** A temporary failure of AWS or of the network: the machine retries the step, with backoff. */
export class AwsUnavailable extends Error {
  override readonly name = "AwsUnavailable";
}

/** Answers the token of a step that has to act itself: the machine runs the step again at once. */
export const reobserve = "Reobserve";

/** The rollback is not possible now; nothing was changed. */
export class RollbackRefused extends StepError {
  override readonly name = "RollbackRefused";
}

/** Traffic is not on the intended release, and no further action is possible: a person has to check. */
export class RollbackFailed extends StepError {
  override readonly name = "RollbackFailed";
}

export function assertNever(value: never): never {
  throw new Error(`Unexpected value: ${JSON.stringify(value)}`);
}

const transientNames = new Set([
  "AwsUnavailable",
  "ThrottlingException",
  "Throttling",
  "ThrottledException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestThrottledException",
  "TooManyRequestsException",
  "ProvisionedThroughputExceededException",
  "TransactionInProgressException",
  "SlowDown",
  "ServiceUnavailable",
  "ServiceUnavailableException",
  "InternalServerError",
  "InternalServerException",
  "InternalServiceError",
  "InternalFailure",
  "ServerException",
  "RequestTimeout",
  "RequestTimeoutException",
  "TimeoutError",
  "AbortError",
  "ExpiredToken",
  "ExpiredTokenException",
  "RequestExpired",
]);

const transientCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/** Whether the same call may succeed later. Decided by name, code and status, never by the message. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof StepError) return false;
  if (transientNames.has(error.name)) return true;
  if ("code" in error && typeof error.code === "string" && transientCodes.has(error.code)) return true;
  if ("$fault" in error && error.$fault === "server") return true;
  const status = statusOf(error);
  return status !== undefined && (status >= 500 || status === 429);
}

/** An error that may pass, under the one name that the machines retry; any other error as it is. */
export function asUnavailable(error: unknown): unknown {
  if (!isTransient(error) || error instanceof AwsUnavailable) return error;
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new AwsUnavailable(`AWS is temporarily unavailable; the step is retried. ${detail}`, { cause: error });
}

export function hasName(error: unknown, ...names: string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}

function statusOf(error: Error): number | undefined {
  if (!("$metadata" in error) || typeof error.$metadata !== "object" || error.$metadata === null) return undefined;
  const metadata: { httpStatusCode?: unknown } = error.$metadata;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}
