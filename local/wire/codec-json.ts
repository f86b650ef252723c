import { JsonCodec2 } from "@smithy/core/protocols";
import { headerOf, type Codec, type Target, type WireError, type WireRequest } from "./message.ts";
import type { ServiceSchema } from "./registry.ts";

const codec = new JsonCodec2({ timestampFormat: { useTrait: true, default: 7 }, jsonName: false });

/** awsJson 1.0 or 1.1, as the request's content type has it. */
export function jsonCodec(request: WireRequest): Codec {
  const contentType = headerOf(request.headers, "content-type")?.includes("json-1.0")
    ? "application/x-amz-json-1.0"
    : "application/x-amz-json-1.1";
  return {
    kind: "json",
    readInput: async ({ operation }: Target, { body }) =>
      operation.input.isUnitSchema() ? {} : codec.createDeserializer().read(operation.input, body.toString("utf8")),
    writeOutput: ({ operation }, output, requestId) => ({
      status: 200,
      headers: { "content-type": contentType, "x-amzn-requestid": requestId },
      body: operation.output.isUnitSchema() ? "{}" : writeJson(operation.output, output),
    }),
    writeError: (service, error, requestId) => ({
      status: error.status,
      headers: { "content-type": contentType, "x-amzn-requestid": requestId, ...queryErrorHeader(service, error) },
      body: JSON.stringify({ __type: typeOf(service, error), ...errorMembers(error) }),
    }),
  };
}

type JsonSchema = Parameters<ReturnType<typeof codec.createSerializer>["write"]>[0];

function writeJson(schema: JsonSchema, value: unknown): Uint8Array {
  const serializer = codec.createSerializer();
  serializer.write(schema, value);
  return plainBytes(serializer.flush());
}

/** The serializer's bytes are of a class that minds being read as text; the plain view of them does not. */
export const plainBytes = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const typeOf = (service: ServiceSchema | undefined, error: WireError) =>
  service && error.schema ? `${service.namespace}#${error.name}` : error.name;

export function errorMembers(error: WireError): Record<string, unknown> {
  if (!error.schema) return error.members;
  return JSON.parse(Buffer.from(writeJson(error.schema, error.members)).toString("utf8"));
}

/** CloudWatch spoke the query protocol before: clients take the old code from this header. */
export const queryErrorHeader = (service: ServiceSchema | undefined, error: WireError): Record<string, string> =>
  service?.queryCompatible ? { "x-amzn-query-error": `${error.code};${error.sender ? "Sender" : "Receiver"}` } : {};
