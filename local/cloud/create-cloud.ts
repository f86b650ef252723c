import { mkdirSync } from "node:fs";
import path from "node:path";
import { createAccess, logDecisions, type Access } from "#local/access/index.ts";
import { openStore, randomIds, systemClock, type Clock, type Store } from "#local/kernel/index.ts";
import {
  listen,
  loadServiceSchema,
  type ServiceSchema,
  type ValidationErrors,
  type WireServer,
} from "#local/wire/index.ts";
import { pino, type Logger } from "pino";
import { awsError } from "./aws-error.ts";
import { createBus } from "./bus.ts";
import { authorize, dispatch, type RunningService } from "./dispatch.ts";
import { openEndpoint } from "./endpoint.ts";
import { openIdentity, rolePrincipal, type Identity } from "./identity.ts";
import type { PageRules } from "./page.ts";
import type { InputRules } from "./reads.ts";
import type { Actor, AnyResourceType, Cloud, Handler, Principal, Service, StandIn } from "./service.ts";
import type { Clients, OperationInput, OperationName, OperationOutput, ServiceName } from "./clients.ts";

/** Any service's definition; its types are its own affair. */
export interface AnyService {
  name: ServiceName;
  iamPrefix: string;
  reads?: InputRules["reads"];
  inert?: InputRules["inert"];
  validation?: ValidationErrors;
  paging?: PageRules;
  hasLowerCaseNames?: boolean;
  create(
    cloud: Cloud,
    schema: ServiceSchema,
  ): Omit<Service, "name" | "operations" | "access" | "resources"> & {
    operations: object;
    access?: object;
    resources?: readonly AnyResourceType[];
  };
}

export interface CloudOptions {
  /** Directory of all state. */
  directory: string;
  region: string;
  accountId: string;
  services: readonly AnyService[];
  standIns?: readonly ((cloud: Cloud) => StandIn)[];
  /** How many times faster configured waits run. */
  speed?: number;
  clock?: Clock;
  /** File that lists what roles use and are denied. */
  accessLog?: string | undefined;
  /** Port of the first start; later starts use the same while it is free, since running tasks know it. */
  port?: number;
}

/** The local cloud, ready to be provisioned. */
export interface LocalCloud {
  cloud: Cloud;
  access: Access;
  /** Key of the person at the machine. */
  credentials: Readonly<{ accessKeyId: string; secretAccessKey: string }>;
  /** CloudFormation types of all services, by type. */
  resourceTypes: readonly AnyResourceType[];
  /** Ports of the last run that other processes use now, by what had them. */
  takenPorts: ReadonlyMap<string, number>;
  /** Resumes in every service what an earlier run left, in registry order; then requests are answered. */
  start(): Promise<void>;
  /** Stops the control plane; tasks, databases and the load balancer keep running. */
  stop(): Promise<void>;
  /** Ends everything. */
  shutDown(): Promise<void>;
}

interface Deps {
  options: CloudOptions;
  server: WireServer;
  store: Store;
  access: Access;
  identity: Identity;
  running: Map<string, RunningService>;
  standIns: StandIn[];
  logger: Logger;
  stopping: AbortController;
  takenPorts: Map<string, number>;
}

export async function createCloud(options: CloudOptions): Promise<LocalCloud> {
  mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  const store = openStore(path.join(options.directory, "state.sqlite"));
  const logFile = pino.destination({ dest: path.join(options.directory, "cloud.log"), sync: true, mode: 0o600 });
  logFile.on("error", () => undefined); // a full disk: lines are lost, the work is not
  const access = createAccess(store);
  const { server, takenPort } = await openEndpoint(options.directory, options.port, listen);
  const deps: Deps = {
    options,
    server,
    store,
    access: options.accessLog === undefined ? access : logDecisions(access, options.accessLog),
    identity: openIdentity(options.directory, options.accountId),
    running: new Map(),
    standIns: [],
    logger: pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, logFile),
    stopping: new AbortController(),
    takenPorts: new Map(),
  };
  const cloud = cloudOf(deps);
  if (takenPort !== undefined) cloud.portTaken("endpoint", takenPort);
  const schemas = await Promise.all(options.services.map(({ name }) => loadServiceSchema(name)));
  const resourceTypes = options.services.flatMap((definition, index) => {
    const schema = schemas[index];
    if (!schema) throw new Error(`No schema of ${definition.name}`);
    const { operations, access, resources = [], ...rest } = definition.create(cloud, schema);
    const service: Service = {
      ...rest,
      name: definition.name,
      operations: functionsOf<Handler<never, unknown>>(operations),
      access: { ...access },
    };
    deps.running.set(definition.name, { definition, cloud, service, operations: schema.operations });
    return resources;
  });
  deps.standIns = (options.standIns ?? []).map((create) => create(cloud));
  return {
    cloud,
    access: deps.access,
    credentials: deps.identity.root,
    resourceTypes,
    takenPorts: deps.takenPorts,
    ...lifeCycle(deps, cloud, schemas),
  };
}

function lifeCycle(deps: Deps, cloud: Cloud, schemas: readonly ServiceSchema[]) {
  const services: Pick<Service, "start" | "stop" | "shutDown">[] = [
    ...[...deps.running.values()].map(({ service }) => service),
    ...deps.standIns,
  ];
  const end = async (how: "stop" | "shutDown") => {
    deps.stopping.abort();
    await deps.server.close();
    for (const service of services.toReversed()) {
      if (how === "shutDown" && service.shutDown) await service.shutDown();
      else await service.stop?.();
    }
    deps.store.close();
  };
  return {
    async start() {
      for (const service of services) await service.start?.();
      openServer(deps, cloud, schemas);
    },
    stop: () => end("stop"),
    shutDown: () => end("shutDown"),
  };
}

function openServer(deps: Deps, cloud: Cloud, schemas: readonly ServiceSchema[]): void {
  const { running, access, identity } = deps;
  deps.server.open<Principal>({
    region: cloud.region,
    services: schemas,
    routes: new Map(
      [...[...running.values()].map(({ service }) => service), ...deps.standIns].flatMap(({ routes }) =>
        Object.entries(routes ?? {}),
      ),
    ),
    resolveKey: (accessKeyId, sessionToken) => identity.resolveKey(accessKeyId, sessionToken),
    dispatch: ({ service, ...call }) => dispatch(runningService(running, service.name), access, call),
    now: () => cloud.clock.now(),
    onFault: (error, facts) =>
      deps.logger.error({ ...facts, err: error }, "A request failed by a fault of the local cloud"),
  });
}

function cloudOf(deps: Deps): Cloud {
  const { options, store, access, identity, running } = deps;
  const clock = options.clock ?? systemClock(options.speed);
  const endpoint = `http://127.0.0.1:${deps.server.port}`;
  const bus = createBus({ store, ids: randomIds, clock });
  const { region, accountId } = options;
  return {
    region,
    accountId,
    partition: "aws",
    endpoint,
    clock,
    ids: randomIds,
    store,
    directory: (service) => privateDirectory(path.join(options.directory, service)),
    arn: (service, resource) => `arn:aws:${service}:${region}:${accountId}:${resource}`,
    // oxlint-disable-next-line max-params -- the signature of Cloud
    async call<S extends ServiceName, N extends OperationName<Clients[S]> & string>(
      service: S,
      operation: N,
      input: OperationInput<Clients[S], N>,
      { as }: { as: Actor },
    ) {
      const name = `${operation.charAt(0).toUpperCase()}${operation.slice(1)}`;
      const target = runningService(running, service);
      const schema = target.operations.get(name);
      if (!schema) throw awsError("UnknownOperationException", `${service} has no operation "${name}".`);
      const call = { operation: schema, input, principal: principalOf(as, accountId), requestId: randomIds.uuid() };
      const result = await dispatch(target, access, call);
      // The handler behind this name is typed with this very output.
      return ("output" in result ? result.output : undefined) as OperationOutput<Clients[S], N>;
    },
    emit: (event) => bus.emit(event),
    onEvent: (listener) => bus.onEvent(listener),
    roleEnvironment: (roleArn, sessionName) => ({
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      ...keyVariables(identity, rolePrincipal(roleArn, sessionName)),
    }),
    issueToken: (principal) => identity.issueToken(principal),
    redeemToken: (token) => identity.redeemToken(token),
    authorize: (principal, request) => authorize({ access, cloud: { region, accountId, clock } }, principal, request),
    trusts: (roleArn, servicePrincipal, sourceArn) => access.trusts(roleArn, servicePrincipal, sourceArn),
    log: (level, message, facts) => deps.logger[level](facts ?? {}, message),
    portTaken(user, port) {
      deps.logger.warn({ user, port }, "Port taken by another process");
      deps.takenPorts.set(user, port);
    },
    stopping: deps.stopping.signal,
  };
}

function keyVariables(identity: Identity, principal: Principal) {
  const { accessKeyId, secretAccessKey, sessionToken } = identity.keyFor(principal);
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken };
}

function principalOf(actor: Actor, accountId: string): Principal {
  if ("roleArn" in actor) return rolePrincipal(actor.roleArn, "lockstep");
  const arn = `arn:aws:sts::${accountId}:assumed-role/AWSServiceRoleFor-${actor.service}/${actor.service}`;
  return { kind: "service", arn, ...actor };
}

function runningService(running: ReadonlyMap<string, RunningService>, name: string): RunningService {
  const service = running.get(name);
  if (!service) throw awsError("NotImplemented", `The local cloud does not run ${name}.`, 501);
  return service;
}

/** A table of functions, without what is undefined in it. */
function functionsOf<F extends (...input: never[]) => unknown>(table: object | undefined): Record<string, F> {
  const isFunction = (entry: [string, unknown]): entry is [string, F] => typeof entry[1] === "function";
  return Object.fromEntries(Object.entries(table ?? {}).filter(isFunction));
}

function privateDirectory(directory: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return directory;
}
