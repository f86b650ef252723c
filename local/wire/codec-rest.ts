import { FromStringShapeDeserializer, JsonCodec2, ToStringShapeSerializer } from "@smithy/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";
import { errorMembers, plainBytes } from "./codec-json.ts";
import { headerOf, type Codec, type Target, type WireRequest } from "./message.ts";
import type { OperationSchema, ServiceSchema } from "./registry.ts";

const settings = { timestampFormat: { useTrait: true, default: 7 }, httpBindings: true, jsonName: true } as const;
const json = new JsonCodec2(settings);
const fromText = new FromStringShapeDeserializer(settings);

/** restJson1: what is bound to path, query and headers, and the rest in the body. */
export const restCodec: Codec = {
  kind: "rest",
  readInput: readRequest,
  writeOutput({ operation }, output, requestId) {
    const { status, headers, body } = writeResponse(operation, Object(output ?? {}));
    return { status, headers: { ...headers, "x-amzn-requestid": requestId }, body };
  },
  writeError: (_service, error, requestId) => ({
    status: error.name === "AccessDeniedException" ? 403 : error.status,
    headers: {
      "content-type": "application/json",
      "x-amzn-errortype": error.name,
      "x-amzn-requestid": requestId,
    },
    body: JSON.stringify(errorMembers(error)),
  }),
};

/** The operation whose method, path template and literal query parameters fit; the most literal one when several do. */
export function matchRest(service: ServiceSchema, { method, path, query }: WireRequest): OperationSchema | undefined {
  const fits = ({ http }: OperationSchema) =>
    http?.method === method &&
    labelsOf(http.path, path) !== undefined &&
    literalsOf(http.path).every(([name, value]) => query.get(name) === value);
  return [...service.operations.values()].filter(fits).toSorted((a, b) => vagueness(a) - vagueness(b))[0];
}

/** `?find=LayerVersion` behind a template must be in the request too. */
const literalsOf = (template: string) => [...new URLSearchParams(template.split("?")[1])];

const vagueness = ({ http }: OperationSchema) =>
  (http?.path.match(/\{/g)?.length ?? 0) - literalsOf(http?.path ?? "").length;

/** Values of `{Label}`s, or undefined when the path does not fit the template. `{Label+}` takes slashes too. */
function labelsOf(template: string, path: string): Record<string, string> | undefined {
  const names: string[] = [];
  const [plainTemplate = ""] = template.split("?");
  const pattern = plainTemplate.replace(/\{(\w+)(\+?)\}|[^{}\w/-]/g, (part, name: string | undefined, greedy) => {
    if (name === undefined) return `\\${part}`;
    names.push(name);
    return greedy ? "(.+)" : "([^/]+)";
  });
  const values = new RegExp(`^${pattern}/?$`).exec(path)?.slice(1);
  return values && Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(values[index] ?? "")]));
}

async function readRequest({ operation }: Target, request: WireRequest): Promise<unknown> {
  if (operation.input.isUnitSchema()) return {};
  const input: Record<string, unknown> = await readBody(operation.input, request);
  const labels = labelsOf(operation.http?.path ?? "", request.path) ?? {};
  for (const [name, member] of operation.input.structIterator()) {
    const value = readBinding(member, request, labels[name]);
    if (value !== undefined) input[name] = value;
  }
  return input;
}

function readBinding(member: NormalizedSchema, request: WireRequest, label: string | undefined): unknown {
  const { httpLabel, httpQuery, httpHeader, httpPrefixHeaders, httpPayload } = member.getMergedTraits();
  if (httpLabel) return label === undefined ? undefined : fromText.read(member, label);
  if (httpPayload) return member.isBlobSchema() && request.body.length > 0 ? new Uint8Array(request.body) : undefined;
  if (httpQuery) {
    const values = request.query.getAll(httpQuery);
    if (values.length === 0) return undefined;
    return member.isListSchema()
      ? values.map((value) => fromText.read(member.getValueSchema(), value))
      : fromText.read(member, values[0] ?? "");
  }
  if (httpHeader) {
    const value = headerOf(request.headers, httpHeader.toLowerCase());
    return value === undefined ? undefined : fromText.read(member, value);
  }
  return httpPrefixHeaders === undefined ? undefined : prefixed(request, httpPrefixHeaders.toLowerCase());
}

function prefixed(request: WireRequest, prefix: string): Record<string, string> {
  const names = Object.keys(request.headers).filter((name) => name.startsWith(prefix));
  return Object.fromEntries(names.map((name) => [name.slice(prefix.length), headerOf(request.headers, name) ?? ""]));
}

async function readBody(schema: NormalizedSchema, { body }: WireRequest): Promise<Record<string, unknown>> {
  const members = [...schema.structIterator()];
  const payload = members.find(([, member]) => member.getMergedTraits().httpPayload);
  if (payload && !payload[1].isStructSchema()) return {};
  const text = body.toString("utf8");
  if (!payload) {
    const content: unknown = await json.createDeserializer().read(schema, text);
    if (typeof content === "object" && content !== null) return { ...content };
    throw new SyntaxError("the body is not a JSON object");
  }
  return { [payload[0]]: await json.createDeserializer().read(payload[1], text) };
}

function writeResponse(operation: OperationSchema, output: object) {
  const headers: Record<string, string> = { "content-type": "application/json" };
  const inBody: Record<string, unknown> = {};
  let status = operation.http?.status ?? 200;
  let body: Uint8Array | string | undefined;
  if (operation.output.isUnitSchema()) return { status, headers, body: "" };
  for (const [name, member] of operation.output.structIterator()) {
    const value: unknown = Reflect.get(output, name);
    const { httpHeader, httpResponseCode, httpPayload } = member.getMergedTraits();
    if (httpPayload) body = payloadBytes(member, value);
    else if (value === undefined || value === null) continue;
    else if (httpResponseCode) status = Number(value);
    else if (httpHeader) headers[httpHeader] = toText(member, value);
    else inBody[name] = value;
  }
  return { status, headers, body: body ?? writeJson(operation.output, inBody, status) };
}

function payloadBytes(member: NormalizedSchema, value: unknown): Uint8Array | string {
  if (value === undefined || value === null) return "";
  if (value instanceof Uint8Array || typeof value === "string") return value;
  return writeJson(member, value, 200);
}

function writeJson(schema: NormalizedSchema, value: unknown, status: number): Uint8Array | string {
  if (status === 204) return "";
  const serializer = json.createSerializer();
  serializer.write(schema, value);
  return plainBytes(serializer.flush());
}

function toText(member: NormalizedSchema, value: unknown): string {
  const serializer = new ToStringShapeSerializer(settings);
  serializer.write(member, value);
  return serializer.flush();
}
