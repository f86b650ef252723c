import * as z from "zod/mini";
import { trafficSettings } from "../../traffic/traffic.ts";
import { executionEnded } from "../resume/contract.ts";

const number = z.coerce.number().check(z.int(), z.nonnegative());

export const environment = z.object({
  ...trafficSettings.shape,
  STAGE: z.string(),
  DEPLOY_MACHINE_ARN: z.string(),
  ROLLBACK_MACHINE_ARN: z.string(),
  /** How long after a release an alarm still rolls it back. */
  ALARM_WINDOW_MINUTES: number,
  /** How long an alarm may still be caused by earlier traffic: its evaluation periods, and some delay. */
  ALARM_MEMORY_SECONDS: number,
});

const machineEnded = z.object({ ...executionEnded.shape, stateMachineArn: z.string() });
export type MachineEnded = z.infer<typeof machineEnded>;

const alarmDetail = z.object({
  alarmName: z.string(),
  state: z.object({ value: z.literal("ALARM"), reason: z.string(), timestamp: z.string() }),
});
export type AlarmRaised = z.infer<typeof alarmDetail>;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html */
export const rollbackTrigger = z.discriminatedUnion("detail-type", [
  z.object({ "detail-type": z.literal("Step Functions Execution Status Change"), detail: machineEnded }),
  z.object({ "detail-type": z.literal("CloudWatch Alarm State Change"), detail: alarmDetail }),
]);
