import { Uint8ArrayBlobAdapter } from "@smithy/core/serde";
import { defineService, type Principal } from "#local/cloud/index.ts";

interface FunctionCall {
  functionName: string;
  event: unknown;
  principal: Principal;
}

/** What a function does: its result as JSON, or `thrown` as the Lambda runtime reports an exception. */
type Script = (call: FunctionCall) => unknown;

/** Replaces the Lambda service in tests of its callers; functions are plain functions. */
export function scriptedLambda(functions: Record<string, Script>) {
  /** Runs before each function; an error that it throws is an error of the service, not of the function. */
  const control: { before?: (call: FunctionCall) => void } = {};
  const calls: FunctionCall[] = [];
  const service = defineService({
    name: "lambda",
    iamPrefix: "lambda",
    create: () => ({
      operations: {
        async invoke({ FunctionName, Payload }, { principal }) {
          const name = FunctionName.split(":").at(-1) ?? "";
          const event: unknown = JSON.parse(
            Payload === undefined ? "{}" : Buffer.from(Payload as Uint8Array).toString("utf8"),
          );
          const call = { functionName: FunctionName, event, principal };
          control.before?.(call);
          calls.push(call);
          const script = functions[name];
          if (!script)
            throw Object.assign(new Error(`Function not found: ${FunctionName}`), {
              name: "ResourceNotFoundException",
            });
          try {
            const result = (await script(call)) ?? null;
            return {
              StatusCode: 200,
              ExecutedVersion: "$LATEST",
              Payload: Uint8ArrayBlobAdapter.fromString(JSON.stringify(result)),
            };
          } catch (error) {
            const { name: errorType, message: errorMessage } =
              error instanceof Error ? error : new Error(String(error));
            const payload = JSON.stringify({ errorType, errorMessage, trace: [] });
            return { StatusCode: 200, FunctionError: "Unhandled", Payload: Uint8ArrayBlobAdapter.fromString(payload) };
          }
        },
      },
      access: { invoke: ({ FunctionName }) => ({ action: "lambda:InvokeFunction", resources: [FunctionName] }) },
    }),
  });
  return Object.assign(control, { service, calls, functions });
}
