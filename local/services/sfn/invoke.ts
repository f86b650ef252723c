import { z } from "zod";
import type { Cloud } from "#local/cloud/index.ts";
import type { Json } from "./definition.ts";
import type { TaskAttempt } from "./execution.ts";
import type { Outcome } from "./task.ts";

/**
 * Calls a Lambda function as the state machine's role; never rejects.
 * differs from AWS: after a crash, a call whose result was not written is repeated, so a function may run twice.
 */
export async function callFunction(cloud: Cloud, roleArn: string, attempt: TaskAttempt): Promise<Outcome> {
  try {
    const response = await cloud.call(
      "lambda",
      "invoke",
      {
        FunctionName: attempt.functionName,
        Payload: Buffer.from(attempt.payload),
        InvocationType: attempt.invocationType ?? "RequestResponse",
      },
      { as: { roleArn } },
    );
    const text = response.Payload === undefined ? "" : Buffer.from(response.Payload).toString("utf8");
    if (response.FunctionError !== undefined) return functionError(text);
    const { StatusCode = 200, ExecutedVersion = "$LATEST" } = response;
    const payload = text === "" ? undefined : parse(text);
    if (attempt.returnsPayload) return { kind: "returned", output: payload ?? null };
    return {
      kind: "returned",
      output: { ExecutedVersion, ...(payload === undefined ? {} : { Payload: payload }), StatusCode },
    };
  } catch (error) {
    return serviceError(error);
  }
}

// differs from AWS: SdkHttpMetadata and SdkResponseMetadata are left out, as there was no HTTP request.
const parse = (text: string): Json => z.json().parse(JSON.parse(text));

const errorSchema = z.looseObject({ errorType: z.string().min(1) });

/** The function threw or exceeded its time or memory: the error is its errorType, the cause the whole response of Lambda. */
function functionError(text: string): Outcome {
  let error = "Lambda.Unknown";
  try {
    error = errorSchema.parse(JSON.parse(text)).errorType;
  } catch {
    // Not a JSON object with an errorType.
  }
  return { kind: "failed", failure: { error, cause: text } };
}

/** Lambda rejected the request: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html */
function serviceError(error: unknown): Outcome {
  const [name, message] = error instanceof Error ? [error.name, error.message] : ["Unknown", String(error)];
  return { kind: "failed", failure: { error: `Lambda.${name}`, cause: `${message} (Service: Lambda)` } };
}
