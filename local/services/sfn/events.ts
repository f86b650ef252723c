import type { CloudEvent } from "#local/cloud/index.ts";
import type { Execution } from "./execution.ts";
import { redriveStatusOf } from "./redrive.ts";

/** as AWS: above this size the event omits input and output. */
const maxPayloadBytes = 248 * 1024;

/** https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
export function statusChange(execution: Execution, now: number): CloudEvent {
  const { input, output } = execution;
  const included = Buffer.byteLength(input) + Buffer.byteLength(output ?? "") <= maxPayloadBytes;
  const redrive = redriveStatusOf(execution, now);
  return {
    source: "aws.states",
    detailType: "Step Functions Execution Status Change",
    resources: [execution.arn],
    detail: {
      executionArn: execution.arn,
      stateMachineArn: execution.stateMachineArn,
      name: execution.name,
      status: execution.status,
      startDate: execution.startDate,
      stopDate: execution.stopDate ?? null,
      input: included ? input : null,
      output: included ? (output ?? null) : null,
      stateMachineVersionArn: null,
      stateMachineAliasArn: null,
      redriveCount: execution.redriveCount,
      redriveDate: execution.redriveDate ?? null,
      redriveStatus: redrive.redriveStatus,
      redriveStatusReason: redrive.redriveStatusReason ?? null,
      inputDetails: { included },
      outputDetails: output === undefined ? null : { included },
      error: execution.error ?? null,
      cause: execution.cause ?? null,
    },
  };
}
