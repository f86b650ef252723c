import { ReleaseKitError } from "./errors.ts";

const pausesMs = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

/** Retries a call to the registry, unless the registry rejects it. */
export async function withRetries<T>(call: () => Promise<T>): Promise<T> {
  for (const pause of pausesMs) {
    try {
      return await call();
    } catch (error) {
      if (isRejection(error)) throw asError(error);
      console.log(`Registry request failed, retrying in ${pause / 1_000} s: ${String(error)}`);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return call().catch((error: unknown) => {
    throw asError(error);
  });
}

/** A 4xx response. containerify has the status only in its message; the SDK marks the error as the client's fault. */
function isRejection(error: unknown): boolean {
  if (error instanceof ReleaseKitError || /(HTTP status|Got) 4\d\d/.test(String(error))) return true;
  return error instanceof Error && "$fault" in error && error.$fault === "client" && "$response" in error;
}

/** containerify rejects with strings. */
const asError = (error: unknown) => (error instanceof Error ? error : new ReleaseKitError(String(error)));
