import { XmlCodec } from "@aws-sdk/core/protocols";
import { FromStringShapeDeserializer } from "@smithy/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";
import { AwsError } from "./errors.ts";
import type { Codec, Target, WireError, WireRequest } from "./message.ts";

const timestampFormat = { useTrait: true, default: 5 } as const;
const scalars = new FromStringShapeDeserializer({ timestampFormat, httpBindings: false });

/** awsQuery: a form in, XML out. */
export const queryCodec: Codec = {
  kind: "query",
  readInput: async ({ operation }, request) =>
    operation.input.isUnitSchema() ? {} : read(operation.input, treeOf(formOf(request))),
  writeOutput: (target, output, requestId) => ({
    status: 200,
    headers: xmlHeaders(requestId),
    body: responseDocument(target, output, requestId),
  }),
  writeError: (service, spoken, requestId) => {
    const error = spoken.name === "AccessDeniedException" ? { ...spoken, code: "AccessDenied", status: 403 } : spoken;
    return {
      status: error.status,
      headers: xmlHeaders(requestId),
      body: `<ErrorResponse xmlns="${service?.xmlNamespace ?? ""}"><Error><Type>${error.sender ? "Sender" : "Receiver"}</Type><Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message>${extraMembers(error)}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
    };
  },
};

/** Parameters of a query request: the form in the body, or the URL where it is presigned. */
export const formOf = ({ query, body }: WireRequest) =>
  query.has("Action") ? query : new URLSearchParams(body.toString("utf8"));

const xmlHeaders = (requestId: string) => ({ "content-type": "text/xml", "x-amzn-requestid": requestId });

function responseDocument({ service, operation }: Target, output: unknown, requestId: string): string {
  return `<${operation.name}Response xmlns="${service.xmlNamespace}">${resultOf(service.namespace, operation.queryResult, output)}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${operation.name}Response>`;
}

function resultOf(serviceNamespace: string, schema: NormalizedSchema, output: unknown): string {
  if (schema.isUnitSchema()) return "";
  const serializer = new XmlCodec({ timestampFormat, xmlNamespace: "", serviceNamespace }).createSerializer();
  serializer.write(schema, output ?? {});
  return String(serializer.flush());
}

function extraMembers({ members, schema }: WireError): string {
  if (!schema) return "";
  const extra = Object.entries(members).filter(([name]) => name.toLowerCase() !== "message");
  return extra.map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`).join("");
}

const escapeXml = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** `Filters.member.1.Name=x` as nested maps; a leaf is a string. */
type Tree = string | Map<string, Tree>;

function treeOf(form: URLSearchParams): Tree {
  const root = new Map<string, Tree>();
  for (const [key, value] of form) {
    const steps = key.split(".");
    const leaf = steps.pop() ?? "";
    let node = root;
    for (const step of steps) {
      const next = node.get(step);
      const child = next instanceof Map ? next : new Map<string, Tree>();
      if (next !== child) node.set(step, child);
      node = child;
    }
    node.set(leaf, value);
  }
  return root;
}

function read(schema: NormalizedSchema, tree: Tree): unknown {
  if (schema.isStructSchema()) return readStructure(schema, tree);
  if (schema.isListSchema()) {
    const member = schema.getValueSchema();
    return numbered(tree, "member").map((item) => read(member, item));
  }
  if (schema.isMapSchema()) return readMap(schema, tree);
  if (typeof tree !== "string") throw malformed("a simple value", "a structure");
  if (schema.isBooleanSchema() && !/^(true|false)$/i.test(tree)) throw malformed("true or false", tree);
  return scalars.read(schema, tree);
}

function readStructure(schema: NormalizedSchema, tree: Tree): unknown {
  if (typeof tree === "string") throw malformed("a structure", tree);
  const structure: Record<string, unknown> = {};
  for (const [name, member] of schema.structIterator()) {
    const value = tree.get(member.getMergedTraits().xmlName ?? name) ?? tree.get(name);
    if (value !== undefined) structure[name] = read(member, value);
  }
  return structure;
}

function readMap(schema: NormalizedSchema, tree: Tree): unknown {
  const member = schema.getValueSchema();
  const keyName = schema.getKeySchema().getMergedTraits().xmlName ?? "key";
  const valueName = member.getMergedTraits().xmlName ?? "value";
  const pairs = numbered(tree, "entry").map((entry) => {
    if (typeof entry === "string") throw malformed("a map entry", entry);
    const key = entry.get(keyName);
    if (typeof key !== "string") throw malformed("a map key", valueName);
    return [key, read(member, entry.get(valueName) ?? "")] as const;
  });
  return Object.fromEntries(pairs);
}

/** Elements 1, 2, 3… of a list, which may lie one level deeper under the element's name (`member`, `Filter`…). */
function numbered(tree: Tree, wrapper: string): Tree[] {
  if (typeof tree === "string") {
    if (tree === "") return []; // an empty list arrives as `Name=`
    throw malformed("a list", tree);
  }
  const [only] = tree.keys();
  const isWrapped = tree.size === 1 && only !== undefined && !/^\d+$/.test(only);
  const inner = isWrapped ? tree.get(only) : tree;
  if (!(inner instanceof Map)) throw malformed(`a list of ${wrapper}`, String(only));
  return [...inner].toSorted(([a], [b]) => Number(a) - Number(b)).map(([, item]) => item);
}

const malformed = (expected: string, got: string) =>
  new AwsError("MalformedInput", `Expected ${expected}, got "${got.slice(0, 80)}".`);
