import * as z from "zod/mini";

export const environment = z.object({ STAGE: z.string() });

/** What the machine's execution ends with. */
export interface CloseOutput {
  readonly outcome: "nothing-to-undo" | "rolled-back";
}
