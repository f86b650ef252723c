/** Something that the app or its configuration has to change; told without a stack trace. */
export class ReleaseKitError extends Error {
  override readonly name = "ReleaseKitError";
}
