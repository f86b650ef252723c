import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { defineResource, type ResourceContext, type ResourceState } from "#local/cloud/index.ts";
import { z } from "zod";
import type { Deps } from "./deps.ts";
import { findFunction } from "./functions.ts";

const properties = z.looseObject({
  ServiceToken: z.string(),
  ServiceTimeout: z.coerce.number().int().min(1).max(3600).default(3600),
});
type Properties = z.infer<typeof properties>;

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html */
const response = z.looseObject({
  Status: z.enum(["SUCCESS", "FAILED"]),
  Reason: z.string().optional(),
  PhysicalResourceId: z.string().min(1),
  RequestId: z.string(),
  StackId: z.string(),
  LogicalResourceId: z.string(),
  Data: z.record(z.string(), z.json()).optional(),
});
type Response = z.infer<typeof response>;

const route = "/cloudformation-custom-resource-response/";

interface Request {
  kind: "Create" | "Update" | "Delete";
  properties: Properties;
  context: Pick<ResourceContext, "logicalId" | "stackName" | "previous">;
  physicalId?: string;
}

/**
 * Custom resources: CloudFormation sends a request to a function, which answers at a URL of its own.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
 */
export function customResources(deps: Deps) {
  const { cloud } = deps;
  /** Requests without a response, by the secret part of their URL. */
  const open = new Map<string, (answer: Response) => void>();

  const receive = async (request: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const key = new URL(request.url ?? "/", cloud.endpoint).pathname.slice(route.length);
    const answered = open.get(key);
    const body = request.method === "PUT" && answered ? response.safeParse(parsed(await text(request))) : undefined;
    if (!answered || !body?.success) return void reply.writeHead(answered ? 400 : 403).end();
    open.delete(key);
    answered(body.data);
    reply.writeHead(200).end();
  };

  const send = async (request: Request): Promise<ResourceState> => {
    const key = cloud.ids.hex(32);
    const answered = new Promise<Response>((resolve) => open.set(key, resolve));
    const invoked = invoke(deps, request, `${cloud.endpoint}${route}${key}`);
    const seconds = request.properties.ServiceTimeout;
    // A function that fails without a response is reported at once. differs from AWS: CloudFormation waits for its timeout.
    const answer = await Promise.race([answered, invoked.then(() => answered), expired(seconds)]).finally(() =>
      open.delete(key),
    );
    return stateOf(answer);
  };

  const resource = defineResource<Properties>({
    type: "Custom::*",
    properties,
    create: (properties, context) => send({ kind: "Create", properties, context }),
    update: ({ physicalId }, properties, context) => send({ kind: "Update", properties, context, physicalId }),
    async delete({ physicalId }, former, context) {
      await send({ kind: "Delete", properties: former, context, physicalId });
    },
  });
  return { resource, routes: { [route]: receive } };
}

async function invoke(deps: Deps, request: Request, ResponseURL: string): Promise<void> {
  const { cloud, engine } = deps;
  const { kind, context, physicalId } = request;
  const { ServiceToken } = request.properties;
  const definition = findFunction(deps, ServiceToken, undefined);
  const requestId = cloud.ids.uuid();
  const payload = JSON.stringify({
    RequestType: kind,
    ServiceToken,
    ResponseURL,
    StackId: cloud.arn("cloudformation", `stack/${context.stackName}/local`),
    RequestId: requestId,
    LogicalResourceId: context.logicalId,
    ResourceType: "AWS::CloudFormation::CustomResource",
    PhysicalResourceId: physicalId,
    ResourceProperties: asText(request.properties),
    OldResourceProperties: kind === "Update" ? asText(context.previous ?? {}) : undefined,
  });
  const result = await engine.invoke(definition, { requestId, payload, clientContext: undefined }, { mayWait: true });
  if (result.isError) throw new Error(`Function ${definition.name} failed: ${result.payload}`);
}

function stateOf({ Status, Reason, PhysicalResourceId, Data = {} }: Response): ResourceState {
  if (Status === "FAILED") throw new Error(Reason ?? "The function reported a failure without a reason");
  const attributes = Object.entries(Data).map(([name, value]) => [
    name,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return { physicalId: PhysicalResourceId, attributes: Object.fromEntries(attributes) };
}

async function expired(seconds: number): Promise<never> {
  await sleep(seconds * 1000, undefined, { ref: false });
  throw new Error(`CloudFormation did not receive a response from the function within ${seconds} seconds`);
}

/** as AWS: numbers and booleans arrive as text. */
function asText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asText(member)]));
  return String(value);
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
