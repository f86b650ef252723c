import * as z from "zod/mini";
import { ledgerEnvironment } from "../../release/ledgers/contract.ts";
import { variableSettings } from "../../release/variables.ts";

/** Start of the staging labels of the secret versions that releases read. */
export const releaseLabel = "lockstep-";

export const environment = z.object({
  ...ledgerEnvironment.shape,
  ...variableSettings.shape,
  DATABASE_SECRET_ARN: z.string(),
  SNAPSHOT_POLICY: z.enum(["when-migrating", "always"]),
  TASK_COUNT: z.coerce.number().check(z.int(), z.positive()),
});

/** The machine chooses the next state by it. */
export interface PlanOutput {
  readonly snapshot: boolean;
  readonly migrate: boolean;
}
