import { NormalizedSchema } from "@smithy/core/schema";
import { z } from "zod";
import { pagingOf, type Paging } from "./paging.ts";

export type Protocol = "json" | "query" | "rest" | "cbor";

/** One AWS operation as its client package describes it. */
export interface OperationSchema {
  /** AWS's name, e.g. `StartExecution`. */
  name: string;
  /** The name in the tables of a service, e.g. `startExecution`. */
  key: string;
  input: NormalizedSchema;
  output: NormalizedSchema;
  /** The output under the name that the query protocol gives it. */
  queryResult: NormalizedSchema;
  paging: Paging | undefined;
  /** REST binding, for the services that have one. */
  http?: { method: string; path: string; status: number };
}

export interface ServiceSchema {
  /** Name of the client package without `client-`. */
  name: string;
  /** Service in the scope of a signature. */
  signingName: string;
  /** Shape namespace, e.g. `com.amazonaws.sfn`. */
  namespace: string;
  /** First half of `X-Amz-Target`. */
  target: string;
  version: string;
  xmlNamespace: string;
  /** The protocols that the service speaks, by the kinds of their codecs. */
  protocols: readonly Protocol[];
  /** JSON and CBOR answers must carry the error code of the query protocol which they replaced. */
  queryCompatible: boolean;
  operations: ReadonlyMap<string, OperationSchema>;
  /** Modelled errors by shape name, which is also `error.name` of the SDK's class. */
  errors: ReadonlyMap<string, NormalizedSchema>;
}

// This file is the only one that knows how the clients keep their schemas (tuples, marked by their first slot); registry.test.ts pins it.
const operationTuple = z.tuple([z.literal(9), z.string(), z.string(), z.unknown(), z.unknown(), z.unknown()]);
const errorTuple = z.tuple([z.literal(-3), z.string(), z.string()]).rest(z.unknown());
const httpTrait = z.object({ http: z.tuple([z.string(), z.string(), z.number()]) });
const clientConfig = z.object({
  config: z.object({
    defaultSigningName: z.string(),
    protocol: z.custom<{ getShapeId(): string }>((value) => typeof Object(value).getShapeId === "function"),
    protocolSettings: z.object({
      defaultNamespace: z.string(),
      serviceTarget: z.string(),
      version: z.string(),
      xmlNamespace: z.string().default(""),
      awsQueryCompatible: z.boolean().default(false),
    }),
  }),
});

export async function loadServiceSchema(name: string): Promise<ServiceSchema> {
  const client: unknown = await import(`#aws/${name}`); // in the imports of package.json, since the published package has them bundled
  const shapes = Object.values(z.record(z.string(), z.unknown()).parse({ ...Object(client) }));
  const { config } = clientConfig.parse(constructClient(shapes));
  return {
    name,
    signingName: config.defaultSigningName,
    namespace: config.protocolSettings.defaultNamespace,
    target: config.protocolSettings.serviceTarget,
    version: config.protocolSettings.version,
    xmlNamespace: config.protocolSettings.xmlNamespace,
    protocols: protocolsOf(config),
    queryCompatible: config.protocolSettings.awsQueryCompatible,
    operations: new Map(shapes.flatMap(readOperation)),
    errors: new Map(shapes.flatMap(readError)),
  };
}

/** A service that replaced the query protocol still speaks it, and offers CBOR besides JSON. */
function protocolsOf({ protocol, protocolSettings }: z.infer<typeof clientConfig>["config"]): Protocol[] {
  if (protocolSettings.awsQueryCompatible) return ["json", "query", "cbor"];
  const id = protocol.getShapeId();
  if (id.startsWith("aws.protocols#awsJson")) return ["json"];
  return [id === "aws.protocols#awsQuery" ? "query" : "rest"];
}

/** Names of the members that the schema requires: the first ones, counted by the tuple's seventh slot. */
export function requiredMembers(schema: NormalizedSchema): readonly string[] {
  const tuple: unknown = schema.getSchema();
  if (!Array.isArray(tuple)) return [];
  const members: unknown = tuple[4];
  const count: unknown = tuple[6];
  return Array.isArray(members) && typeof count === "number" ? members.slice(0, count).map(String) : [];
}

function constructClient(shapes: unknown[]): unknown {
  const isClient = (shape: unknown): shape is new (options: object) => unknown =>
    typeof shape === "function" && shape.name.endsWith("Client") && !["Client", "__Client"].includes(shape.name);
  const Client = shapes.find(isClient);
  // Constructed for its settings only; it never sends a request.
  return (
    Client && new Client({ region: "us-east-1", credentials: { accessKeyId: "unused", secretAccessKey: "unused" } })
  );
}

function readOperation(shape: unknown): [string, OperationSchema][] {
  const tuple = operationTuple.safeParse(shape);
  if (!tuple.success) return [];
  const [, namespace, name, traits, input, output] = tuple.data;
  const http = httpTrait.safeParse(traits);
  const inputSchema = normalize(input);
  const outputSchema = normalize(output);
  const operation: OperationSchema = {
    name,
    key: name.charAt(0).toLowerCase() + name.slice(1),
    input: inputSchema,
    output: outputSchema,
    queryResult: outputSchema.isUnitSchema() ? outputSchema : renamed(outputSchema, namespace, `${name}Result`),
    paging: pagingOf(inputSchema, outputSchema),
  };
  if (!http.success) return [[name, operation]];
  const [method, path, status] = http.data.http;
  return [[name, { ...operation, http: { method, path, status } }]];
}

function readError(shape: unknown): [string, NormalizedSchema][] {
  const tuple = errorTuple.safeParse(shape);
  // The client's own base class has a shape too, which is no error of AWS.
  const isModelled = tuple.success && !tuple.data[1].startsWith("smithy.ts.sdk.synthetic");
  return isModelled ? [[tuple.data[2], normalize(shape)]] : [];
}

function renamed(schema: NormalizedSchema, namespace: string, name: string): NormalizedSchema {
  const tuple: unknown = schema.getSchema();
  return normalize(Array.isArray(tuple) ? [tuple[0], namespace, name, 0, ...tuple.slice(4)] : tuple);
}

// A schema is opaque to us; NormalizedSchema is what reads it.
const normalize = (schema: unknown) => NormalizedSchema.of(schema as Parameters<typeof NormalizedSchema.of>[0]);
