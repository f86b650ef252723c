import { Uint8ArrayBlobAdapter } from "@smithy/core/serde";
import type { Deps } from "../deps.ts";
import { fault, invalidParameter } from "../faults.ts";
import { findFunction } from "../functions.ts";
import { checkPermission } from "../permissions.ts";
import type { Input, Operations } from "../reads.ts";
import type { FunctionRecord } from "../store.ts";

const maxRequestBytes = 6 * 1024 * 1024;
const maxAsyncRequestBytes = 1024 * 1024;
const tailBytes = 4096;

export const invokeOperations = (deps: Deps) =>
  ({
    async invoke(input, { principal, requestId }) {
      const definition = findFunction(deps, input.FunctionName, input.Qualifier);
      checkPermission(deps.store, definition, principal);
      const type = input.InvocationType ?? "RequestResponse";
      const payload = payloadOf(input.Payload, type === "Event" ? maxAsyncRequestBytes : maxRequestBytes);
      switch (type) {
        case "DryRun":
          return { StatusCode: 204 };
        case "Event":
          deps.queue.add({ requestId, functionName: definition.name, payload });
          return { StatusCode: 202 };
        case "RequestResponse":
          return invokeNow(deps, definition, { input, payload, requestId });
        default:
          throw invalidParameter(`InvocationType "${String(type)}" is not one of Event, RequestResponse, DryRun.`);
      }
    },
  }) satisfies Partial<Operations>;

interface Request {
  input: Input<"invoke">;
  payload: string;
  requestId: string;
}

async function invokeNow({ engine }: Deps, definition: FunctionRecord, { input, payload, requestId }: Request) {
  const clientContext = input.ClientContext && Buffer.from(input.ClientContext, "base64").toString("utf8");
  const result = await engine.invoke(definition, { requestId, payload, clientContext }, { mayWait: false });
  const tail = Buffer.from(result.log.join("\n")).subarray(-tailBytes).toString("base64");
  return {
    StatusCode: 200,
    ExecutedVersion: "$LATEST",
    Payload: Uint8ArrayBlobAdapter.fromString(result.payload, "utf-8"),
    FunctionError: result.isError ? "Unhandled" : undefined,
    LogResult: input.LogType === "Tail" ? tail : undefined,
  };
}

function payloadOf(payload: unknown, limit: number): string {
  const text = payload instanceof Uint8Array ? Buffer.from(payload).toString("utf8") : (payload ?? "");
  if (typeof text !== "string") throw invalidParameter("The payload must be text or bytes.");
  const size = Buffer.byteLength(text);
  if (size > limit) {
    const message = `${size} byte payload is too large for the Invoke operation (limit ${limit} bytes)`;
    throw fault("RequestTooLargeException", message);
  }
  if (text === "") return "{}";
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw fault("InvalidRequestContentException", `Could not parse request body into json: ${cause}`);
  }
}
