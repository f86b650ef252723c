import * as z from "zod";
import { minutes } from "./values.ts";

export const traffic = z
  .union(
    [
      z.literal("all-at-once"),
      z.strictObject({ canary: z.strictObject({ percent: z.number().int().min(1).max(99), minutes: minutes.min(1) }) }),
      z.strictObject({ linear: z.strictObject({ percent: z.number().int().min(1).max(50), minutes: minutes.min(1) }) }),
    ],
    '"all-at-once", { canary: { percent: 1 to 99, minutes } } or { linear: { percent: 1 to 50, minutes } }',
  )
  .describe("How production traffic shifts to the new release.");
