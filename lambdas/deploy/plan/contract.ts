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

/** As CloudFormation's secret attachment writes it. */
export const databaseSecret = z.object({
  host: z.string(),
  port: z.coerce.number(),
  username: z.string(),
  password: z.string(),
  dbname: z.string(),
});
export type DatabaseSecret = z.infer<typeof databaseSecret>;

/** What the machine chooses its way by. */
export interface PlanOutput {
  readonly snapshot: boolean;
  readonly migrate: boolean;
}
