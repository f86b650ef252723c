export type StartFailureCode = "CannotPullContainerError" | "CannotStartContainerError" | "ResourceInitializationError";

/** Why a task failed to start; the message becomes its `stoppedReason`: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html */
export class StartFailure extends Error {
  override readonly name = "StartFailure";
  constructor(code: StartFailureCode, detail: string) {
    super(`${code}: ${detail}`);
  }
}

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === "Error" ? error.message : `${error.name}: ${error.message}`;
}
