import * as z from "zod/mini";
import { functionHandler } from "../core/handler.ts";
import { logger } from "../core/clients.ts";

/** What CloudFormation sends: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html */
const request = z.object({
  RequestType: z.enum(["Create", "Update", "Delete"]),
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  PhysicalResourceId: z.optional(z.string()),
  ResourceProperties: z.record(z.string(), z.unknown()),
});
type Request = z.infer<typeof request>;

export interface Created {
  /** An update that returns another one replaces the resource: CloudFormation then deletes the former. */
  readonly physicalId: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** A resource that CloudFormation cannot describe. Every function may run twice for one request. */
export interface CustomResource<Properties> {
  create(properties: Properties): Promise<Created>;
  update(physicalId: string, properties: Properties): Promise<Created>;
  delete(physicalId: string, properties: Properties): Promise<void>;
}

/** The physical id of a resource whose creation failed; CloudFormation deletes it all the same. */
const notCreated = "not-created";

/** Handler of a custom resource. It always responds: without a response, CloudFormation waits for an hour. */
export function customResourceHandler<Properties extends z.ZodMiniType>(
  resource: () => CustomResource<z.output<Properties>>,
  properties: Properties,
) {
  return functionHandler(() => {
    const opened = resource();
    return async (event: unknown): Promise<void> => {
      const received = z.parse(request, event);
      const outcome = await run(opened, properties, received).catch((error: Error) => {
        logger.error("Custom resource failed", error);
        return {
          Status: "FAILED",
          Reason: error.message,
          PhysicalResourceId: received.PhysicalResourceId ?? notCreated,
        };
      });
      await respond(received, outcome);
    };
  }, z.object({}));
}

async function run<Properties extends z.ZodMiniType>(
  resource: CustomResource<z.output<Properties>>,
  schema: Properties,
  { RequestType, PhysicalResourceId = notCreated, ResourceProperties }: Request,
) {
  const properties = z.parse(schema, ResourceProperties);
  if (RequestType === "Delete") {
    if (PhysicalResourceId !== notCreated) await resource.delete(PhysicalResourceId, properties);
    return { Status: "SUCCESS", PhysicalResourceId };
  }
  const { physicalId, attributes } =
    RequestType === "Create"
      ? await resource.create(properties)
      : await resource.update(PhysicalResourceId, properties);
  return { Status: "SUCCESS", PhysicalResourceId: physicalId, Data: attributes };
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html */
async function respond(
  { ResponseURL, StackId, RequestId, LogicalResourceId }: Request,
  outcome: object,
): Promise<void> {
  const response = await fetch(ResponseURL, {
    method: "PUT",
    // The signature of the URL covers an empty content type.
    headers: { "content-type": "" },
    body: JSON.stringify({ StackId, RequestId, LogicalResourceId, ...outcome }),
  });
  if (!response.ok) throw new Error(`CloudFormation did not accept the response: status ${response.status}`);
}
