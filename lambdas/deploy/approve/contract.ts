import * as z from "zod/mini";

export const environment = z.object({
  STAGE: z.string(),
  /** How long a request waits for a decision, and how long an approval is valid. */
  APPROVAL_MINUTES: z.coerce.number().check(z.int(), z.nonnegative()),
});

/** Detail of the event that requests approval. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html */
export interface ApprovalRequested {
  readonly stage: string;
  readonly deployment: string;
  readonly execution: string;
  readonly branch: string;
  readonly commit: string;
  readonly author?: string | undefined;
  readonly message?: string | undefined;
  /** Migrations that the approval allows. */
  readonly pending: readonly string[];
  readonly notes: readonly string[];
  readonly until: string;
  readonly approve: string;
  readonly reject: string;
}
