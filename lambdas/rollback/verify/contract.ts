import * as z from "zod/mini";

export const environment = z.object({ LISTENER_ARN: z.string(), HEALTH_PATH: z.string() });

export interface VerifyOutput {
  readonly saw: string;
}
