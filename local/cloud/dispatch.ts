import { globalKeys, type Access } from "#local/access/index.ts";
import { validateInput, type OperationSchema, type ValidationErrors, type WireResponse } from "#local/wire/index.ts";
import { accessRequest, type AccessRequest } from "./access-rules.ts";
import { awsError } from "./aws-error.ts";
import { pageOf, type PageRules } from "./page.ts";
import { declaredInput, pagesItself, type InputRules } from "./reads.ts";
import type { Cloud, Principal, Service } from "./service.ts";

/** A service with what the dispatcher must know about it. */
export interface RunningService {
  definition: {
    name: string;
    iamPrefix: string;
    reads?: InputRules["reads"];
    inert?: InputRules["inert"];
    validation?: ValidationErrors;
    paging?: PageRules;
    hasLowerCaseNames?: boolean;
  };
  cloud: Pick<Cloud, "arn" | "region" | "accountId" | "clock">;
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
  const handler = service.operations[operation.key];
  const passesThrough = call.rawBody !== undefined && service.passThrough !== undefined;
  if (!handler && !passesThrough) {
    throw awsError(
      "NotImplemented",
      `${definition.name} ${operation.name} is not implemented by the local cloud.`,
      501,
    );
  }
  const rules = inputRules(definition);
  validateInput(rules.validation, operation, call.input);
  const input: object = Object(call.input ?? {});
  authorize({ access, cloud: running.cloud }, principal, {
    action: `${definition.iamPrefix}:${operation.name}`,
    resources: ["*"],
    ...accessRequest(service.access?.[operation.key], input, (resource) => arnOf(running, resource)),
  });
  const raw = call.rawBody && (await service.passThrough?.(operation.name, call.rawBody));
  if (raw) return { raw };
  // The handler is of the operation whose schema the input was checked against.
  const output = await handler?.(declaredInput(rules, operation, input) as never, { principal, requestId });
  const { paging } = definition;
  return { output: paging && !pagesItself(rules, operation) ? pageOf(paging, { operation, input, output }) : output };
}

const inputRules = ({ reads, inert, validation, paging }: RunningService["definition"]): InputRules => ({
  reads,
  inert,
  validation: validation ?? { invalid: "ValidationException" },
  isPaged: paging !== undefined,
});

function arnOf({ cloud, definition }: RunningService, resource: string): string {
  return cloud.arn(definition.iamPrefix, definition.hasLowerCaseNames ? resource.toLowerCase() : resource);
}

/** Who decides, and what it knows about every request. */
interface Authority {
  access: Access;
  cloud: Pick<Cloud, "region" | "accountId" | "clock">;
}

/** Throws AccessDenied unless the principal's policies allow the action on every resource, and to hand on every role. */
export function authorize({ access, cloud }: Authority, principal: Principal, request: AccessRequest): void {
  // as AWS: a service-linked role has just what its service needs; here a service may do everything.
  if (principal.kind !== "role") return;
  const passed = (request.passedRoles ?? []).map((resource) => ({ action: "iam:PassRole", resource }));
  const used = [request, ...(request.also ?? [])].flatMap(({ action, resources }) =>
    resources.map((resource) => ({ action, resource })),
  );
  const { region, accountId, clock } = cloud;
  const global = globalKeys({ region, accountId, now: clock.now(), principalArn: principal.roleArn });
  const context = new Map(
    Object.entries({ ...global, ...request.context }).map(([key, value]) => [key.toLowerCase(), [value]] as const),
  );
  for (const { action, resource } of [...used, ...passed]) {
    const { allowed, reason } = access.decide(principal.roleArn, { action, resource, context });
    if (!allowed) {
      const message = `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`;
      throw awsError("AccessDeniedException", message, 400);
    }
  }
}
