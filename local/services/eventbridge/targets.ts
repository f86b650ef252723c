import type { Target } from "@aws-sdk/client-eventbridge";
import { awsError, type Cloud } from "#local/cloud/index.ts";
import { inputFor, inputProblem } from "./input.ts";
import type { Delivery } from "./store.ts";

type Kind = "lambda" | "states";

function kindOf({ Arn = "" }: Target): Kind | undefined {
  if (/^arn:aws:lambda:[^:]+:\d+:function:[\w-]+(:[\w$-]+)?$/.test(Arn)) return "lambda";
  return /^arn:aws:states:[^:]+:\d+:stateMachine:[^:]+$/.test(Arn) ? "states" : undefined;
}

const supportedMembers = new Set<string>([
  "Id",
  "Arn",
  "RoleArn",
  "Input",
  "InputPath",
  "InputTransformer",
  "RetryPolicy",
]);

/** Why a target is invalid; undefined when it is valid. */
export function targetProblem(target: Target): string | undefined {
  const { Id, Arn, RoleArn } = target;
  const kind = kindOf(target);
  if (!kind)
    return `Target ${Id} is not supported by the local cloud: ${Arn}. Fix: use a Lambda function or a state machine.`;
  const unknown = Object.entries(target).find(([key, value]) => value !== undefined && !supportedMembers.has(key));
  if (unknown) return `${unknown[0]} of target ${Id} is not supported by the local cloud. Fix: leave it out.`;
  if (kind === "states" && RoleArn === undefined) return `RoleArn is required for target ${Arn}.`;
  const problem = inputProblem(target);
  return problem === undefined ? undefined : `${problem} for target ${Id}.`;
}

/** Delivers an event; rejects with the error of the target's service. */
export async function deliver(cloud: Cloud, { event, target, rule }: Delivery): Promise<void> {
  const { Arn = "", RoleArn } = target;
  const input = inputFor({ event, target, rule }, cloud.clock.now());
  if (kindOf(target) === "lambda") {
    const request = { FunctionName: Arn, InvocationType: "Event" as const, Payload: Buffer.from(input) };
    await cloud.call("lambda", "invoke", request, { as: { service: "eventbridge" } });
    return;
  }
  if (RoleArn === undefined || !cloud.trusts(RoleArn, "events.amazonaws.com")) {
    throw awsError("AccessDeniedException", `events.amazonaws.com may not assume the role ${RoleArn}`);
  }
  // as AWS: each attempt has its own name, so an event delivered twice starts two executions.
  const name = `${event.id}_${cloud.ids.uuid()}`;
  await cloud.call("sfn", "startExecution", { stateMachineArn: Arn, name, input }, { as: { roleArn: RoleArn } });
}
