import { expect, it } from "vitest";
import { cborCodec } from "#local/wire/codec-cbor.ts";
import { jsonCodec } from "#local/wire/codec-json.ts";
import { queryCodec } from "#local/wire/codec-query.ts";
import { restCodec } from "#local/wire/codec-rest.ts";
import type { Codec, WireRequest } from "#local/wire/message.ts";
import { loadServiceSchema } from "#local/wire/registry.ts";

const request: WireRequest = {
  method: "POST",
  path: "/",
  query: new URLSearchParams(),
  rawQuery: "",
  headers: {},
  body: Buffer.alloc(0),
};

it.each<[string, Codec, string, string, object, object]>([
  ["JSON", jsonCodec(request), "sfn", "StartExecution", { executionArn: "arn" }, { startDate: undefined }],
  [
    "query",
    queryCodec,
    "rds",
    "CreateDBInstance",
    { DBInstance: { DBName: "a" } },
    { DBInstance: { DBName: "a", Port: undefined } },
  ],
  ["REST", restCodec, "lambda", "GetFunction", { Tags: { a: "b" } }, { Concurrency: undefined, Code: undefined }],
  ["CBOR", cborCodec, "cloudwatch", "ListMetrics", { Metrics: [] }, { NextToken: undefined }],
])("%s drops members that are undefined, so that handlers need no conditions", async (...story) => {
  const [, codec, serviceName, operationName, output, undefinedMembers] = story;
  const service = await loadServiceSchema(serviceName);
  const operation = service.operations.get(operationName);
  if (!operation) throw new Error(`no ${operationName}`);
  const written = (value: object) => Buffer.from(codec.writeOutput({ service, operation, codec }, value, "id").body);
  expect(written({ ...output, ...undefinedMembers })).toEqual(written(output));
});
