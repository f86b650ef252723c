import { Uint8ArrayBlobAdapter } from "@smithy/core/serde";
import type { Call, Clients, Cloud, OperationInput, OperationOutput, Operations } from "#local/cloud/index.ts";
import type { AsyncQueue } from "./async-queue.ts";
import { concurrencyOf, configurationOf, configurationOperations } from "./configuration.ts";
import type { Engine } from "./engine.ts";
import { functionNotFound, invalidParameter, notJson, tooLarge } from "./errors.ts";
import { functionArn, functionNameOf } from "./names.ts";
import { checkPermission } from "./permissions.ts";
import type { FunctionRecord, LambdaStore } from "./store.ts";

type Lambda = Clients["lambda"];

const longestRequestBytes = 6 * 1024 * 1024;
const longestAsyncRequestBytes = 1024 * 1024;
const tailBytes = 4096;

interface Parts {
  cloud: Cloud;
  store: LambdaStore;
  engine: Engine;
  queue: AsyncQueue;
}

/** https://docs.aws.amazon.com/lambda/latest/api/ */
export function createOperations(parts: Parts): Operations<Lambda> {
  const find = (text: string, qualifier?: string) => findFunction(parts, text, qualifier);
  return {
    invoke: (input, call) => invoke(parts, input, call),
    getFunction: ({ FunctionName, Qualifier }) => {
      const found = find(FunctionName, Qualifier);
      return {
        Configuration: configurationOf(found),
        Code: { RepositoryType: "S3" },
        ...(found.reservedConcurrency !== undefined && { Concurrency: concurrencyOf(found) }),
      };
    },
    getFunctionConfiguration: ({ FunctionName, Qualifier }) => configurationOf(find(FunctionName, Qualifier)),
    ...configurationOperations(parts, find),
    listFunctions: ({ Marker, MaxItems = 50 }) => {
      const after = parts.store.functions.list().filter(({ name }) => Marker === undefined || name > Marker);
      const page = after.slice(0, Math.min(MaxItems, 50));
      const last = page.at(-1);
      return {
        Functions: page.map(configurationOf),
        ...(last && after.length > page.length ? { NextMarker: last.name } : {}),
      };
    },
  };
}

function findFunction({ cloud, store }: Parts, text: string, qualifier?: string): FunctionRecord {
  const name = functionNameOf(cloud, text, qualifier);
  const found = store.functions.get(name);
  if (!found) throw functionNotFound(`${functionArn(cloud, name)}${qualifier === undefined ? "" : `:${qualifier}`}`);
  return found;
}

type Invoked = OperationOutput<Lambda, "invoke">;

async function invoke(parts: Parts, input: OperationInput<Lambda, "invoke">, call: Call): Promise<Invoked> {
  const definition = findFunction(parts, input.FunctionName, input.Qualifier);
  checkPermission(parts.store, definition, call.principal);
  const type = input.InvocationType ?? "RequestResponse";
  const payload = payloadOf(input.Payload, type === "Event" ? longestAsyncRequestBytes : longestRequestBytes);
  const { requestId } = call;
  switch (type) {
    case "DryRun":
      return { StatusCode: 204 };
    case "Event":
      parts.queue.add({ requestId, functionName: definition.name, payload });
      return { StatusCode: 202 };
    case "RequestResponse":
      return invokeNow(parts, definition, { input, payload, requestId });
    default:
      throw invalidParameter(`InvocationType "${String(type)}" is none of Event, RequestResponse, DryRun.`);
  }
}

interface Request {
  input: OperationInput<Lambda, "invoke">;
  payload: string;
  requestId: string;
}

async function invokeNow(
  { engine }: Parts,
  definition: FunctionRecord,
  { input, payload, requestId }: Request,
): Promise<Invoked> {
  const clientContext = input.ClientContext && Buffer.from(input.ClientContext, "base64").toString("utf8");
  const invocation = { requestId, payload, ...(clientContext ? { clientContext } : {}) };
  const answer = await engine.run(definition, invocation, { mayWait: false });
  const tail = Buffer.from(answer.log.join("\n")).subarray(-tailBytes).toString("base64");
  return {
    StatusCode: 200,
    ExecutedVersion: "$LATEST",
    Payload: Uint8ArrayBlobAdapter.fromString(answer.payload, "utf-8"),
    ...(answer.isError ? { FunctionError: "Unhandled" } : {}),
    ...(input.LogType === "Tail" ? { LogResult: tail } : {}),
  };
}

function payloadOf(payload: unknown, limit: number): string {
  const text = payload instanceof Uint8Array ? Buffer.from(payload).toString("utf8") : (payload ?? "");
  if (typeof text !== "string") throw invalidParameter("The payload must be text or bytes.");
  const size = Buffer.byteLength(text);
  if (size > limit) throw tooLarge(size, limit);
  if (text === "") return "{}";
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    throw notJson(error instanceof Error ? error.message : String(error));
  }
}
