import * as z from "zod/mini";

const names = z.pipe(
  z.string(),
  z.transform((list) => list.split(",").flatMap((name) => name.trim() || [])),
);

export const environment = z.object({
  DATABASE_SECRET_ARN: z.string(),
  APP_SECRET_ARN: z.string(),
  PROVIDED_VARIABLES: names,
  SNAPSHOT_POLICY: z.enum(["when-migrating", "always"]),
  TASK_COUNT: z.coerce.number().check(z.int(), z.positive()),
});

/** The machine chooses the next state by it. */
export interface PlanOutput {
  readonly snapshot: boolean;
  readonly migrate: boolean;
}
