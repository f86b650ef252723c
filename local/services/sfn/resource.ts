import { z } from "zod";
import type { Json } from "./definition.ts";
import type { HistoryRecord, TaskAttempt } from "./execution.ts";
import { StateFailed } from "./transition.ts";

type Event = Omit<HistoryRecord, "id" | "previousEventId" | "timestamp">;
interface Limits {
  timeoutInSeconds: number | undefined;
  heartbeatInSeconds: number | undefined;
}
interface ErrorDetails {
  error?: string | undefined;
  cause?: string | undefined;
}

/** What a Task state calls, and the history events it produces. */
export interface TaskResource {
  kind: "lambda:invoke" | "function";
  /** Only when the resource is a function's ARN. */
  functionArn?: string;
  waitsForToken: boolean;
  events: {
    scheduled(at: { input: Json; limits: Limits; region: string }): Event;
    started: Event;
    submitted(output: string): Event;
    succeeded(output: string): Event;
    failed(details: ErrorDetails): Event;
    timedOut: Event;
  };
}

const invoke = /^arn:aws:states:::lambda:invoke(\.waitForTaskToken)?$/;
const functionArn = /^arn:aws:lambda:[^:]+:\d{12}:function:[\w-]+(:[\w$-]+)?$/;

export function isSupportedResource(resource: string): boolean {
  return invoke.test(resource) || functionArn.test(resource);
}

export function parseResource(resource: string): TaskResource {
  if (functionArn.test(resource)) {
    return { kind: "function", functionArn: resource, waitsForToken: false, events: functionEvents(resource) };
  }
  if (!invoke.test(resource)) throw new Error(`The resource ${resource} is not supported by the local cloud`);
  const waitsForToken = resource.endsWith(".waitForTaskToken");
  return { kind: "lambda:invoke", waitsForToken, events: taskEvents(waitsForToken) };
}

const outputDetails = { truncated: false };

function taskEvents(waitsForToken: boolean): TaskResource["events"] {
  const about = { resourceType: "lambda", resource: waitsForToken ? "invoke.waitForTaskToken" : "invoke" };
  return {
    scheduled: ({ input, limits, region }) => ({
      type: "TaskScheduled",
      taskScheduledEventDetails: { ...about, region, parameters: JSON.stringify(input), ...limits },
    }),
    started: { type: "TaskStarted", taskStartedEventDetails: about },
    submitted: (output) => ({ type: "TaskSubmitted", taskSubmittedEventDetails: { ...about, output, outputDetails } }),
    succeeded: (output) => ({ type: "TaskSucceeded", taskSucceededEventDetails: { ...about, output, outputDetails } }),
    failed: (details) => ({ type: "TaskFailed", taskFailedEventDetails: { ...about, ...details } }),
    timedOut: { type: "TaskTimedOut", taskTimedOutEventDetails: { ...about, error: "States.Timeout" } },
  };
}

function functionEvents(resource: string): TaskResource["events"] {
  return {
    scheduled: ({ input, limits: { timeoutInSeconds } }) => ({
      type: "LambdaFunctionScheduled",
      lambdaFunctionScheduledEventDetails: {
        resource,
        input: JSON.stringify(input),
        inputDetails: { truncated: false },
        timeoutInSeconds,
      },
    }),
    started: { type: "LambdaFunctionStarted" },
    submitted() {
      throw new Error(`${resource} does not wait for a task token`);
    },
    succeeded: (output) => ({
      type: "LambdaFunctionSucceeded",
      lambdaFunctionSucceededEventDetails: { output, outputDetails },
    }),
    failed: (details) => ({ type: "LambdaFunctionFailed", lambdaFunctionFailedEventDetails: details }),
    timedOut: { type: "LambdaFunctionTimedOut", lambdaFunctionTimedOutEventDetails: { error: "States.Timeout" } },
  };
}

/** Arguments of `lambda:invoke`: https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html */
export const invokeArguments = z.strictObject({
  FunctionName: z.string().min(1),
  Payload: z.json().optional(),
  InvocationType: z.enum(["Event", "RequestResponse", "DryRun"]).optional(),
  Qualifier: z.string().optional(),
});

type Request = Pick<TaskAttempt, "functionName" | "payload" | "invocationType" | "returnsPayload">;

/** The Lambda request of a task. */
export function lambdaRequest(resource: TaskResource, input: Json): Request {
  if (resource.functionArn !== undefined) {
    return { functionName: resource.functionArn, payload: JSON.stringify(input), returnsPayload: true };
  }
  const parsed = invokeArguments.safeParse(input);
  if (!parsed.success) {
    const cause = `The arguments of lambda:invoke are invalid. ${z.prettifyError(parsed.error)}`;
    throw new StateFailed({ error: "States.Runtime", cause });
  }
  const { FunctionName, Payload = {}, InvocationType, Qualifier } = parsed.data;
  return {
    functionName: Qualifier === undefined ? FunctionName : `${FunctionName}:${Qualifier}`,
    payload: JSON.stringify(Payload),
    returnsPayload: false,
    invocationType: InvocationType,
  };
}
