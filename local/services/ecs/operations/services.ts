import { awsError } from "#local/cloud/index.ts";
import { arnOf, shortName } from "../arns.ts";
import type { Deps } from "../deps.ts";
import { describeService } from "../describe.ts";
import { fault, invalidParameter } from "../faults.ts";
import { activeDefinitionOf, clusterOf, describeEach, findService, serviceOf } from "../lookup.ts";
import type { Input, Operations } from "../reads.ts";
import type { ServiceRecord } from "../store.ts";
import { readDeployment, readLoadBalancers, readNetwork, requireFargate } from "./input.ts";
import { newTaskSet } from "./task-sets.ts";

export function serviceOperations(deps: Deps) {
  const { cloud, store } = deps;
  const answer = (service: ServiceRecord) => ({ service: describeService(deps, service) });
  return {
    createService: (input, { principal }) => answer(createService(deps, input, principal.arn)),
    updateService: (input) => answer(updateService(deps, input)),
    deleteService: (input) => answer(deleteService(deps, input)),
    describeServices: ({ cluster: reference, services }) => {
      const { name: cluster } = clusterOf(store, reference);
      if (services.length > 10) throw invalidParameter("Services cannot have more than 10 elements.");
      const { described, failures } = describeEach(services, {
        find: (each) => findService(store, cluster, each),
        describe: (service) => describeService(deps, service),
        arn: (each) => arnOf.service(cloud, { cluster, name: shortName(each) }),
      });
      return { services: described, failures };
    },
  } satisfies Partial<Operations>;
}

export function createService(deps: Deps, input: Input<"createService">, createdBy: string): ServiceRecord {
  const { store, cloud, scheduler } = deps;
  const controller = input.deploymentController?.type ?? "ECS";
  if (controller === "ECS")
    throw awsError(
      "NotImplemented",
      "The deployment controller ECS is not supported by the local cloud. Fix: use CODE_DEPLOY or EXTERNAL.",
      501,
    );
  const { name: cluster } = clusterOf(store, input.cluster);
  const name = input.serviceName;
  if (!/^[\w-]{1,255}$/.test(name)) throw invalidParameter(`"${name}" is not a valid service name.`);
  const existing = findService(store, cluster, name);
  if (existing?.status === "ACTIVE") throw invalidParameter("Creation of service was not idempotent.");
  if (existing?.status === "DRAINING") throw invalidParameter("Unable to Start a service that is still Draining.");
  const service: ServiceRecord = {
    cluster,
    name,
    status: "ACTIVE",
    controller,
    desiredCount: input.desiredCount ?? 0,
    gracePeriodSeconds: input.healthCheckGracePeriodSeconds ?? 0,
    deploymentConfiguration: readDeployment(input.deploymentConfiguration),
    createdAt: cloud.clock.now(),
    createdBy,
    events: [],
    ...(input.taskDefinition !== undefined && { requestedTaskDefinition: input.taskDefinition }),
  };
  const taskSet = controller === "CODE_DEPLOY" ? firstTaskSet(deps, service, input) : undefined;
  store.transaction(() => {
    store.services.save(service);
    if (taskSet) store.taskSets.save(taskSet);
  });
  scheduler.wake();
  return service;
}

/** as AWS: ECS creates the first task set of a service with the CODE_DEPLOY controller. */
function firstTaskSet(deps: Deps, service: ServiceRecord, input: Input<"createService">) {
  requireFargate(input.launchType);
  const definition = activeDefinitionOf(deps.store, input.taskDefinition ?? "");
  const loadBalancers = readLoadBalancers(input.loadBalancers, definition);
  if (loadBalancers.length === 0)
    throw invalidParameter("A load balancer is required for the CODE_DEPLOY deployment controller.");
  const network = readNetwork(input.networkConfiguration);
  return newTaskSet(deps, service, { taskDefinitionArn: definition.arn, network, loadBalancers, scalePercent: 100 });
}

export function updateService(deps: Deps, input: Input<"updateService">): ServiceRecord {
  const { store } = deps;
  const service = serviceOf(store, input.cluster, input.service);
  if (service.status !== "ACTIVE") throw fault("ServiceNotActiveException", "Service was not ACTIVE.");
  rejectRelease(input);
  const { desiredCount = service.desiredCount, healthCheckGracePeriodSeconds = service.gracePeriodSeconds } = input;
  if (desiredCount < 0) throw invalidParameter("The desired count may not be negative.");
  return save(deps, {
    ...service,
    desiredCount,
    gracePeriodSeconds: healthCheckGracePeriodSeconds,
    deploymentConfiguration: input.deploymentConfiguration
      ? readDeployment(input.deploymentConfiguration)
      : service.deploymentConfiguration,
  });
}

/** as AWS: changes that create a release go through CodeDeploy or a new task set. */
function rejectRelease(input: Input<"updateService">): void {
  const through =
    "on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.";
  if (input.taskDefinition !== undefined) throw invalidParameter(`Unable to update task definition ${through}`);
  if (input.networkConfiguration) throw invalidParameter(`Unable to update network parameters ${through}`);
  if (input.loadBalancers) throw invalidParameter(`Unable to update load balancers ${through}`);
}

export function deleteService(deps: Deps, { cluster, service: reference, force }: Input<"deleteService">) {
  const service = serviceOf(deps.store, cluster, reference);
  if (!force && service.desiredCount > 0)
    throw invalidParameter("The service cannot be stopped while it is scaled above 0.");
  return save(deps, { ...service, status: "DRAINING", desiredCount: 0 });
}

function save({ store, scheduler }: Deps, service: ServiceRecord): ServiceRecord {
  store.services.save(service);
  scheduler.wake();
  return service;
}
