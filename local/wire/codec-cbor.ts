import { cbor, CborCodec } from "@smithy/core/cbor";
import { queryErrorHeader, typeOf } from "./codec-json.ts";
import type { Codec } from "./message.ts";

const codec = new CborCodec();
const headers = (requestId: string) => ({
  "content-type": "application/cbor",
  "smithy-protocol": "rpc-v2-cbor",
  "x-amzn-requestid": requestId,
});

/** Smithy RPC v2 CBOR: no client of today asks for it first, but CloudWatch's model offers it. */
export const cborCodec: Codec = {
  kind: "cbor",
  readInput: async ({ operation }, { body }) =>
    body.length === 0 || operation.input.isUnitSchema() ? {} : codec.createDeserializer().read(operation.input, body),
  writeOutput({ operation }, output, requestId) {
    if (operation.output.isUnitSchema()) return { status: 200, headers: headers(requestId), body: cbor.serialize({}) };
    const serializer = codec.createSerializer();
    serializer.write(operation.output, output);
    return { status: 200, headers: headers(requestId), body: serializer.flush() };
  },
  writeError: (service, error, requestId) => ({
    status: error.status,
    headers: { ...headers(requestId), ...queryErrorHeader(service, error) },
    body: cbor.serialize({ __type: typeOf(service, error), ...error.members }),
  }),
};
