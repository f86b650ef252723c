import * as z from "zod/mini";
import { ledgerEnvironment } from "../../release/ledgers/contract.ts";
import { variableSettings } from "../../release/variables.ts";

/** Start of the staging labels of the secret versions that releases read. */
export const releaseLabel = "lockstep-";

/** Value of the commit's `Lockstep-Allow` trailer that deploys a release whose assets the live one does not have. */
export const allowAssets = "assets";

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
  /** The live release needs the hashed assets of the new one first. */
  readonly assets: boolean;
}
