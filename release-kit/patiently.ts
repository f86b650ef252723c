import { ReleaseKitError } from "./errors.ts";

const pausesMs = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

/** A service that is away for a moment is no reason to build anew; one that refuses is. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (const pause of pausesMs) {
    try {
      return await work();
    } catch (error) {
      if (isRefusal(error)) throw asError(error);
      console.log(`The registry is not to be had (${String(error)}); trying again`);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return work().catch((error: unknown) => {
    throw asError(error);
  });
}

/** An answer of the 4xx kind; containerify tells its status in its message, the SDK by the error's fault. */
function isRefusal(error: unknown): boolean {
  if (error instanceof ReleaseKitError || /(HTTP status|Got) 4\d\d/.test(String(error))) return true;
  return error instanceof Error && "$fault" in error && error.$fault === "client" && "$response" in error;
}

/** containerify rejects with strings. */
const asError = (error: unknown) => (error instanceof Error ? error : new ReleaseKitError(String(error)));
