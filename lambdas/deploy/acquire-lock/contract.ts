import * as z from "zod/mini";
import { lockModes } from "../../core/lock.ts";

export const environment = z.object({ STAGE: z.string(), LOCK_MODE: z.enum(lockModes) });

export type AcquireLockOutput =
  | { readonly outcome: "acquired"; readonly generation: number }
  | { readonly outcome: "superseded"; readonly by: string };
