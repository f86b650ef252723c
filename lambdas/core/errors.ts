/** The names under which a deployment can fail: each tells a person where to act. */
type StepErrorName =
  | "BuildFailed"
  | "ConfigMissing"
  | "DatabaseUnreachable"
  | "DatabaseBusy"
  | "DatabaseInconsistent"
  | "DestructiveMigration"
  | "Rejected"
  | "SnapshotFailed"
  | "MigrationFailed"
  | "ShiftFailed"
  | "ProbeFailed"
  | "AlarmRaised"
  | "RestoreFailed"
  | "LockNotHeld"
  | "ReleaseOutdated";

/** A step ends in failure. The message is what a person reads first: what happened, the log's tail, where to look. */
export abstract class StepError extends Error {
  abstract override readonly name: StepErrorName;
}

export class BuildFailed extends StepError {
  override readonly name = "BuildFailed";
}

export class ConfigMissing extends StepError {
  override readonly name = "ConfigMissing";
}

export class DatabaseUnreachable extends StepError {
  override readonly name = "DatabaseUnreachable";
}

/** It would be unwise to migrate now; later it may be fine. */
export class DatabaseBusy extends StepError {
  override readonly name = "DatabaseBusy";
}

/** The database is not as the migrations expect it; a person has to put it right. */
export class DatabaseInconsistent extends StepError {
  override readonly name = "DatabaseInconsistent";
}

export class DestructiveMigration extends StepError {
  override readonly name = "DestructiveMigration";
}

/** A person said no, or nobody said yes in time. */
export class Rejected extends StepError {
  override readonly name = "Rejected";
}

export class SnapshotFailed extends StepError {
  override readonly name = "SnapshotFailed";
}

export class MigrationFailed extends StepError {
  override readonly name = "MigrationFailed";
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

/** The one error that the machine catches: it leads back to Acquire lock, and the steps walk forward again. */
export class LockNotHeld extends StepError {
  override readonly name = "LockNotHeld";
}

export class ReleaseOutdated extends StepError {
  override readonly name = "ReleaseOutdated";
}

/** AWS (or the way to it) failed in a manner that passes: the machine runs the step again, with backoff. */
export class AwsUnavailable extends Error {
  override readonly name = "AwsUnavailable";
}

/** What a step of a restore waits for has not happened yet: the machine runs the step again a little later. */
export class StillWaiting extends Error {
  override readonly name = "StillWaiting";
}

/** Answers a token whose step has to act itself: the machine runs the step's function again at once. */
export const lookAgain = "LookAgain";

/** Nobody can be rolled back while this is so; nothing was touched. */
export class RollbackRefused extends Error {
  override readonly name = "RollbackRefused";
}

/** Traffic is not on the release it should be on, and no further action is left: a person has to look. */
export class RollbackFailed extends Error {
  override readonly name = "RollbackFailed";
}

export function assertNever(value: never): never {
  throw new Error(`Unforeseen: ${JSON.stringify(value)}`);
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

/** Whether the same call may succeed a little later. Told by name, code and status, never by the message. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof StepError) return false;
  if (transientNames.has(error.name)) return true;
  if ("code" in error && typeof error.code === "string" && transientCodes.has(error.code)) return true;
  if ("$fault" in error && error.$fault === "server") return true;
  const status = statusOf(error);
  return status !== undefined && (status >= 500 || status === 429);
}

export function hasName(error: unknown, ...names: string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}

function statusOf(error: Error): number | undefined {
  if (!("$metadata" in error) || typeof error.$metadata !== "object" || error.$metadata === null) return undefined;
  const metadata: { httpStatusCode?: unknown } = error.$metadata;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}
