import type { Clock, Ids, Store } from "#local/kernel/index.ts";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { z } from "zod";
import type { ServiceSchema, ValidationErrors } from "#local/wire/index.ts";
import type { AccessRequest, AccessRules, AnyAccessRule } from "./access-rules.ts";
import type { Clients, OperationInput, OperationName, OperationOutput, ServiceName } from "./clients.ts";
import type { PageRules } from "./page.ts";
import type { DeclaredInput, Inert, Reads } from "./reads.ts";

/** Who makes a call. `root` is the person at the machine; an AWS service acting for itself is `service`. */
export type Principal =
  | { kind: "root"; arn: string }
  | { kind: "role"; arn: string; roleArn: string; sessionName: string }
  | { kind: "service"; arn: string; service: string; sourceArn?: string };

/** The call that a handler answers. */
export interface Call {
  principal: Principal;
  requestId: string;
}

export type Handler<I, O> = (input: I, call: Call) => O | Promise<O>;

/** Handlers by AWS's operation name in camelCase: the SDK's own output, and of its input the members that the service declares as read. */
export type Operations<S extends ServiceName, R extends Reads<S>> = {
  [N in keyof R as N extends OperationName<Clients[S]> ? N : never]: Handler<
    DeclaredInput<S, R, N & OperationName<Clients[S]>>,
    OperationOutput<Clients[S], N & string>
  >;
};

/** An event on the default event bus, as a service puts it there. */
export interface CloudEvent {
  source: string;
  detailType: string;
  resources: string[];
  detail: Record<string, unknown>;
}

/** The identity of a service that calls another: a role, or itself (as AWS's service-linked roles) for the resource `sourceArn`. */
export type Actor = { roleArn: string } | { service: ServiceName; sourceArn?: string };

/** What a service sees of the cloud it runs in. */
export interface Cloud {
  readonly region: string;
  readonly accountId: string;
  readonly partition: "aws";
  /** `http://127.0.0.1:PORT`: every AWS API, git and the image registry. */
  readonly endpoint: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly store: Store;
  /** Folder for this service's files (mode 0700), kept between runs. */
  directory(service: ServiceName | "github"): string;
  /** `arn:aws:<service>:<region>:<account>:<resource>` */
  arn(service: string, resource: string): string;
  /** Calls another service as a request over the wire would: validation, policies of the caller, handler. */
  call<S extends ServiceName, N extends OperationName<Clients[S]> & string>(
    service: S,
    operation: N,
    input: OperationInput<Clients[S], N>,
    options: { as: Actor },
  ): Promise<OperationOutput<Clients[S], N>>;
  /** Puts an event on the default bus; it is durable when this returns and delivered at least once. */
  emit(event: CloudEvent): void;
  /** Calls `listener` with every event put on the bus. Only EventBridge listens. */
  onEvent(listener: (event: CloudEvent) => void): void;
  /** Environment for a process that acts as a role: endpoint, region, and keys minted for the role. */
  roleEnvironment(roleArn: string, sessionName: string): Record<string, string>;
  /** A password for a principal, for protocols that need one (git, image registry); it is verified without state. */
  issueToken(principal: Principal): string;
  /** Whose token it is; undefined when it is forged or of another data directory. */
  redeemToken(token: string): Principal | undefined;
  /** Throws AccessDenied unless the principal's policies allow it: for requests that are not AWS operations (git push, image pull). */
  authorize(principal: Principal, request: AccessRequest): void;
  /** Whether the role's trust policy lets this service, e.g. `lambda.amazonaws.com`, assume it; false for a role that does not exist. */
  trusts(roleArn: string, servicePrincipal: string, sourceArn?: string): boolean;
  /** A line for the operator of the local cloud (its own log, not CloudWatch Logs). */
  log(level: "info" | "warn" | "error", message: string, facts?: Record<string, unknown>): void;
  /** Reports to the person at the machine that another process uses the port of an earlier run, so that `user` has another one now. */
  portTaken(user: string, port: number): void;
  /** Aborted when the control plane stops; loops and waits then end. */
  readonly stopping: AbortSignal;
}

/** A provisioned resource: the values of `Ref` and `Fn::GetAtt`. */
export interface ResourceState {
  physicalId: string;
  attributes?: Record<string, string>;
}

export interface ResourceContext {
  logicalId: string;
  stackName: string;
  /** The properties before an update. */
  previous?: Readonly<Record<string, unknown>>;
  /** An earlier change was interrupted: what it created is adopted instead of refused as existing. */
  isRepeated?: boolean;
  /** A name for a resource that the template leaves unnamed; the same at every run. At most `maxLength` characters (default 60). */
  generatedName(maxLength?: number): string;
  /** Path of a file asset in the cloud assembly, from the S3 bucket and key the template names. */
  assetPath(bucket: string, key: string): string;
}

type Properties = Readonly<Record<string, unknown>>;

/** A CloudFormation resource type that a service runs. */
export interface ResourceType<P = unknown> {
  type: `AWS::${string}` | "Custom::*";
  /** Strict: a property not named here is refused, unless `inert` lists it. */
  properties: z.ZodType<P>;
  /** Top-level properties that are accepted and change nothing locally; listed at start. */
  inert?: readonly string[];
  /** Properties whose change replaces the resource: the new one is created, then the old one deleted if its physical id differs. */
  createOnly?: readonly string[];
  /** The property that names the resource: while it is set and the same, the resource cannot be replaced. */
  nameProperty?: string;
  /** For a resource whose replacement would lose data: such a change fails instead. */
  refusesReplacement?: boolean;
  /** Why the service would refuse these properties, or their change from the previous ones; checked before anything is changed. */
  refuses?(properties: Properties, previous?: Properties): string | undefined;
  create(properties: P, context: ResourceContext): ResourceState | Promise<ResourceState>;
  /** Changes a resource in place. Without it, every change replaces the resource. */
  update?(existing: ResourceState, properties: P, context: ResourceContext): ResourceState | Promise<ResourceState>;
  delete(existing: ResourceState, properties: P, context: ResourceContext): void | Promise<void>;
  /** For an unchanged resource at a later start: its state now. For types whose attributes contain a port. */
  refresh?(existing: ResourceState, properties: P): ResourceState | Promise<ResourceState>;
}

// oxlint-disable-next-line typescript/no-explicit-any -- types of one registry differ in their properties; each is checked by its own schema
export type AnyResourceType = ResourceType<any>;

export interface Service {
  name: ServiceName;
  operations: Readonly<Record<string, Handler<never, unknown>>>;
  access?: Readonly<Record<string, AnyAccessRule | undefined>>;
  resources?: readonly AnyResourceType[];
  /** Paths outside the AWS protocols that this service answers by itself (git, image registry), by their first segment, e.g. `/v2/`. */
  routes?: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void | Promise<void>>>;
  /** Answers a whole authorized request by itself instead of by `operations` (DynamoDB, whose engine speaks the protocol). */
  passThrough?(
    operation: string,
    body: Uint8Array,
  ): Promise<{ status: number; body: Uint8Array; headers: Record<string, string> }>;
  /** Resumes what an earlier run left: adopts processes, starts timers. Called once, before provisioning, in registry order. */
  start?(): void | Promise<void>;
  /** Lets go without ending what must outlive the control plane. */
  stop?(): void | Promise<void>;
  /** Ends everything the service runs: `lockstep down`. */
  shutDown?(): void | Promise<void>;
}

/** What is not of AWS, but what the pipeline talks to: it has routes only. */
export type StandIn = Pick<Service, "routes" | "start" | "stop">;

/** A service as its folder exports it. */
export interface ServiceDefinition<S extends ServiceName, R extends Reads<S> = Reads<S>> {
  name: S;
  /** IAM's prefix of this service's actions, which is also its name in ARNs, e.g. `states`. */
  iamPrefix: string;
  /** `reads.ts`: the operations, and the members of their inputs that they read. Any other member is refused. */
  reads?: R;
  /** Members that are accepted although they change nothing. */
  inert?: Inert<S>;
  /** Names of the service's errors for an invalid input; the default is `ValidationException`. */
  validation?: ValidationErrors;
  /** Handlers return whole lists, which are paged by these rules. */
  paging?: PageRules;
  /** as AWS RDS: names are case-insensitive, and in lower case in ARNs. */
  hasLowerCaseNames?: boolean;
  create(
    cloud: Cloud,
    schema: ServiceSchema,
  ): Omit<Service, "name" | "operations" | "access" | "resources"> & {
    operations: Operations<S, R>;
    access?: AccessRules<S>;
    resources?: readonly AnyResourceType[];
  };
}

export function defineService<S extends ServiceName, R extends Reads<S>>(
  definition: ServiceDefinition<S, R>,
): ServiceDefinition<S, R> {
  return definition;
}

/** Keeps the property type of a resource while it is defined. */
export function defineResource<P>(resource: ResourceType<P>): ResourceType<P> {
  return resource;
}
