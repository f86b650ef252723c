/** A mistake in the app or its configuration; printed without a stack trace. */
export class ReleaseKitError extends Error {
  override readonly name = "ReleaseKitError";
}
