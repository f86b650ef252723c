import { z } from "zod";
import type { Cloud } from "#local/cloud/index.ts";
import type { Json } from "./definition.ts";
import type { TaskAttempt } from "./execution.ts";
import type { Outcome } from "./task.ts";

/**
 * Calls a Lambda function as the state machine's role; never rejects.
 * differs from AWS: after a crash the call is made again when its answer had not been written, so a function may run twice.
 */
export async function callFunction(cloud: Cloud, roleArn: string, attempt: TaskAttempt): Promise<Outcome> {
  try {
    const answer = await cloud.call(
      "lambda",
      "invoke",
      {
        FunctionName: attempt.functionName,
        Payload: Buffer.from(attempt.payload),
        InvocationType: attempt.invocationType ?? "RequestResponse",
      },
      { as: { roleArn } },
    );
    const text = answer.Payload === undefined ? "" : Buffer.from(answer.Payload).toString("utf8");
    if (answer.FunctionError !== undefined) return functionError(text);
    const { StatusCode = 200, ExecutedVersion = "$LATEST" } = answer;
    const payload = text === "" ? undefined : parse(text);
    if (attempt.takesPayload) return { kind: "returned", output: payload ?? null };
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

/** The function threw, or ran out of time or memory: its error's name, and all that Lambda told as the cause. */
function functionError(text: string): Outcome {
  let told: unknown;
  try {
    told = JSON.parse(text);
  } catch {
    told = undefined;
  }
  const parsed = errorSchema.safeParse(told);
  return { kind: "failed", failure: { error: parsed.success ? parsed.data.errorType : "Lambda.Unknown", cause: text } };
}

/** Lambda itself refused: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html */
function serviceError(error: unknown): Outcome {
  const [name, message] = error instanceof Error ? [error.name, error.message] : ["Unknown", String(error)];
  return { kind: "failed", failure: { error: `Lambda.${name}`, cause: `${message} (Service: Lambda)` } };
}
