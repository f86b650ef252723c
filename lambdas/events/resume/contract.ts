import * as z from "zod/mini";
import { observed as buildSettings } from "../../deploy/build/contract.ts";
import { observed as migrateSettings } from "../../deploy/migrate/contract.ts";
import { observed as shiftSettings } from "../../deploy/shift-traffic/contract.ts";
import { environment as snapshotSettings } from "../../deploy/snapshot/contract.ts";

/** Settings of the steps that are observed here. */
export const environment = z.object({
  ...buildSettings.shape,
  ...snapshotSettings.shape,
  ...migrateSettings.shape,
  ...shiftSettings.shape,
});

/** https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
export const executionEnded = z.object({
  executionArn: z.string(),
  name: z.string(),
  status: z.enum(["FAILED", "TIMED_OUT", "ABORTED"]),
  redriveCount: z.optional(z.nullable(z.number())),
  error: z.optional(z.nullable(z.string())),
  cause: z.optional(z.nullable(z.string())),
});
export type ExecutionEnded = z.infer<typeof executionEnded>;

/** Events that are hints. Only the subject is read from them; its state is read from AWS. */
export const hint = z.discriminatedUnion("detail-type", [
  z.object({
    "detail-type": z.literal("CodeBuild Build State Change"),
    detail: z.object({ "build-id": z.string() }),
  }),
  z.object({
    "detail-type": z.literal("ECS Task State Change"),
    detail: z.object({ taskArn: z.string(), group: z.optional(z.string()) }),
  }),
  z.object({ "detail-type": z.literal("ECS Service Action") }),
  z.object({ "detail-type": z.literal("RDS DB Instance Event") }),
  z.object({
    "detail-type": z.literal("RDS DB Snapshot Event"),
    detail: z.object({ SourceIdentifier: z.string() }),
  }),
  z.object({
    "detail-type": z.literal("CodeDeploy Deployment State-change Notification"),
    detail: z.object({ deploymentId: z.string() }),
  }),
  z.object({
    "detail-type": z.literal("CloudWatch Alarm State Change"),
    detail: z.object({ alarmName: z.string() }),
  }),
  z.object({
    "detail-type": z.literal("Step Functions Execution Status Change"),
    detail: executionEnded,
  }),
]);
export type Hint = z.infer<typeof hint>;
