import * as z from "zod/mini";

const number = z.coerce.number().check(z.int(), z.nonnegative());

export const environment = z.object({
  STAGE: z.string(),
  DEPLOY_MACHINE_ARN: z.string(),
  ROLLBACK_MACHINE_ARN: z.string(),
  /** So long after a release an alarm still takes it back. */
  ALARM_WINDOW_MINUTES: number,
  /** So long an alarm may still speak of traffic that is gone: the periods it looks at, and some time to notice. */
  ALARM_MEMORY_SECONDS: number,
});

const executionDetail = z.object({
  executionArn: z.string(),
  stateMachineArn: z.string(),
  name: z.string(),
  status: z.enum(["FAILED", "TIMED_OUT", "ABORTED"]),
  redriveCount: z.optional(z.nullable(z.number())),
  error: z.optional(z.nullable(z.string())),
  cause: z.optional(z.nullable(z.string())),
});
export type ExecutionEnded = z.infer<typeof executionDetail>;

const alarmDetail = z.object({
  alarmName: z.string(),
  state: z.object({ value: z.literal("ALARM"), reason: z.string(), timestamp: z.string() }),
});
export type AlarmRang = z.infer<typeof alarmDetail>;

/** https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html, https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html */
export const trouble = z.discriminatedUnion("detail-type", [
  z.object({ "detail-type": z.literal("Step Functions Execution Status Change"), detail: executionDetail }),
  z.object({ "detail-type": z.literal("CloudWatch Alarm State Change"), detail: alarmDetail }),
]);
