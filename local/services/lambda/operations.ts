import { Uint8ArrayBlobAdapter } from "@smithy/core/serde";
import type { Call, Clients, OperationInput, OperationOutput, Operations } from "#local/cloud/index.ts";
import { concurrencyOf, configurationOf, configurationOperations } from "./function-configuration.ts";
import type { Deps } from "./deps.ts";
import { functionNotFound, invalidParameter, notJson, tooLarge } from "./faults.ts";
import { functionArn, functionNameOf } from "./names.ts";
import { checkPermission } from "./permissions.ts";
import type { FunctionRecord } from "./store.ts";

type Lambda = Clients["lambda"];

const maxRequestBytes = 6 * 1024 * 1024;
const maxAsyncRequestBytes = 1024 * 1024;
const tailBytes = 4096;

/** https://docs.aws.amazon.com/lambda/latest/api/ */
export function createOperations(deps: Deps): Operations<"lambda"> {
  const find = (text: string, qualifier?: string) => findFunction(deps, text, qualifier);
  return {
    invoke: (input, call) => invoke(deps, input, call),
    getFunction: ({ FunctionName, Qualifier }) => {
      const definition = find(FunctionName, Qualifier);
      return {
        Configuration: configurationOf(definition),
        Code: { RepositoryType: "S3" },
        Concurrency: concurrencyOf(definition),
      };
    },
    getFunctionConfiguration: ({ FunctionName, Qualifier }) => configurationOf(find(FunctionName, Qualifier)),
    ...configurationOperations(deps, find),
    listFunctions: ({ Marker, MaxItems = 50 }) => {
      const after = deps.store.functions.list().filter(({ name }) => Marker === undefined || name > Marker);
      const page = after.slice(0, Math.min(MaxItems, 50));
      const last = page.at(-1);
      return {
        Functions: page.map(configurationOf),
        ...(last && after.length > page.length ? { NextMarker: last.name } : {}),
      };
    },
  };
}

function findFunction({ cloud, store }: Deps, text: string, qualifier?: string): FunctionRecord {
  const name = functionNameOf(cloud, text, qualifier);
  const definition = store.functions.get(name);
  if (!definition)
    throw functionNotFound(`${functionArn(cloud, name)}${qualifier === undefined ? "" : `:${qualifier}`}`);
  return definition;
}

type Invoked = OperationOutput<Lambda, "invoke">;

async function invoke(deps: Deps, input: OperationInput<Lambda, "invoke">, call: Call): Promise<Invoked> {
  const definition = findFunction(deps, input.FunctionName, input.Qualifier);
  checkPermission(deps.store, definition, call.principal);
  const type = input.InvocationType ?? "RequestResponse";
  const payload = payloadOf(input.Payload, type === "Event" ? maxAsyncRequestBytes : maxRequestBytes);
  const { requestId } = call;
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
}

interface Request {
  input: OperationInput<Lambda, "invoke">;
  payload: string;
  requestId: string;
}

async function invokeNow(
  { engine }: Deps,
  definition: FunctionRecord,
  { input, payload, requestId }: Request,
): Promise<Invoked> {
  const clientContext = input.ClientContext && Buffer.from(input.ClientContext, "base64").toString("utf8");
  const invocation = { requestId, payload, clientContext };
  const result = await engine.invoke(definition, invocation, { mayWait: false });
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
  if (size > limit) throw tooLarge(size, limit);
  if (text === "") return "{}";
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    throw notJson(error instanceof Error ? error.message : String(error));
  }
}
