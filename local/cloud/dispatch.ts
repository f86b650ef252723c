import type { Access } from "#local/access/index.ts";
import { validateInput, type OperationSchema, type WireResponse } from "#local/wire/index.ts";
import { askedOf, type ArnRules } from "./arn-rules.ts";
import { awsError } from "./aws-error.ts";
import { pageOf, type PageRules } from "./page.ts";
import type { AccessRequest, Principal, Service } from "./service.ts";

/** A service with what the dispatcher must know of it. */
export interface RunningService {
  definition: { name: string; iamPrefix: string; paging?: PageRules; arns?: ArnRules };
  arn(service: string, resource: string): string;
  service: Service;
  operations: ReadonlyMap<string, OperationSchema>;
}

export interface Dispatched {
  operation: OperationSchema;
  input: unknown;
  principal: Principal;
  requestId: string;
  /** The body as it came, for a service that reads it itself. */
  rawBody?: Uint8Array;
}

/** The one way to an operation, for requests over the wire and for calls between services: validate, authorize, run. */
export async function dispatch(
  running: RunningService,
  access: Access,
  call: Dispatched,
): Promise<{ output: unknown } | { raw: WireResponse }> {
  const { service, definition } = running;
  const { operation, principal, requestId } = call;
  const key = operation.name.charAt(0).toLowerCase() + operation.name.slice(1);
  const handler = service.operations[key];
  const passesThrough = call.rawBody !== undefined && service.passThrough !== undefined;
  if (!handler && !passesThrough) {
    throw awsError(
      "NotImplemented",
      `${definition.name} ${operation.name} is not implemented by the local cloud.`,
      501,
    );
  }
  validateInput(definition.name, operation, call.input);
  const input: object = Object(call.input ?? {});
  authorize(access, principal, {
    action: `${definition.iamPrefix}:${operation.name}`,
    resources: ["*"],
    ...(definition.arns && askedOf(definition.arns, running.arn, { operation: key, input })),
    ...service.access?.[key]?.(input as never), // both are of the same operation, whose schema has just been checked
  });
  const raw = call.rawBody && (await service.passThrough?.(operation.name, call.rawBody));
  if (raw) return { raw };
  const output = await handler?.(input as never, { principal, requestId });
  return { output: pageOf(definition.paging, operation, input, output) };
}

/** Throws AccessDenied unless the principal's policies allow the action on every resource, and to hand on every role. */
export function authorize(access: Access, principal: Principal, request: AccessRequest): void {
  // as AWS: a service-linked role has just what its service needs; here a service may do everything.
  if (principal.kind !== "role") return;
  const passed = (request.passedRoles ?? []).map((resource) => ({ action: "iam:PassRole", resource }));
  const asked = request.resources.map((resource) => ({ action: request.action, resource }));
  const context = new Map(
    Object.entries({ "aws:PrincipalArn": principal.roleArn, ...request.context }).map(
      ([key, value]) => [key.toLowerCase(), [value]] as const,
    ),
  );
  for (const { action, resource } of [...asked, ...passed]) {
    const { allowed, reason } = access.decide(principal.roleArn, { action, resource, context });
    if (!allowed) {
      const message = `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`;
      throw awsError("AccessDeniedException", message, 400);
    }
  }
}
