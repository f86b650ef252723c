import { ReleaseKitError } from "../errors.ts";

const pausesMs = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

/** A response of the registry that is not the expected one. */
export class RegistryFailed extends Error {
  override readonly name = "RegistryFailed";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Retries a call to the registry, unless the registry rejects it. */
export async function withRetries<T>(call: () => Promise<T>): Promise<T> {
  for (const pause of pausesMs) {
    try {
      return await call();
    } catch (error) {
      if (isRejection(error)) throw error;
      console.log(`Registry request failed, retrying in ${pause / 1_000} s: ${String(error)}`);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return call();
}

/** A 4xx response, except for too many requests. The SDK marks the error as the client's fault. */
function isRejection(error: unknown): boolean {
  if (error instanceof ReleaseKitError) return true;
  if (error instanceof RegistryFailed) return error.status >= 400 && error.status < 500 && error.status !== 429;
  return error instanceof Error && "$fault" in error && error.$fault === "client" && "$response" in error;
}
