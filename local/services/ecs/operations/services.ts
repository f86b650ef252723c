import { type CreateServiceCommandInput, type UpdateServiceCommandInput } from "@aws-sdk/client-ecs";
import { awsError, type Operations } from "#local/cloud/index.ts";
import { arnOf, shortName } from "../arns.ts";
import type { Deps } from "../deps.ts";
import { describeService } from "../describe.ts";
import { invalidParameter } from "../faults.ts";
import { activeDefinitionOf, clusterOf, findService, serviceOf } from "../lookup.ts";
import { serviceKey, taskSetKey, type ServiceRecord } from "../store.ts";
import { pageOf, readLoadBalancers, readNetwork, reject, requireFargate } from "./input.ts";
import { newTaskSet } from "./task-sets.ts";

export function serviceOperations(deps: Deps) {
  const { cloud, store, scheduler } = deps;
  const put = (service: ServiceRecord) => {
    store.services.put(serviceKey(service), service);
    scheduler.wake();
    return { service: describeService(deps, service) };
  };
  return {
    createService: (input, { principal }) => {
      const service = createService(deps, input, principal.arn);
      scheduler.wake();
      return { service: describeService(deps, service) };
    },
    updateService: (input) => {
      const service = serviceOf(store, input.cluster, input.service);
      if (service.status !== "ACTIVE") throw awsError("ServiceNotActiveException", "Service was not ACTIVE.");
      rejectRelease(input);
      const { desiredCount = service.desiredCount, healthCheckGracePeriodSeconds: grace } = input;
      if (desiredCount < 0) throw invalidParameter("The desired count may not be negative.");
      return put({
        ...service,
        desiredCount,
        gracePeriodSeconds: grace ?? service.gracePeriodSeconds,
        deploymentConfiguration: readDeployment(input.deploymentConfiguration) ?? service.deploymentConfiguration,
      });
    },
    deleteService: ({ cluster, service: reference, force = false }) => {
      const service = serviceOf(store, cluster, reference);
      if (!force && service.desiredCount > 0)
        throw invalidParameter("The service cannot be stopped while it is scaled above 0.");
      return put({ ...service, status: "DRAINING", desiredCount: 0 });
    },
    describeServices: ({ cluster, services: references }) => {
      const { name } = clusterOf(store, cluster);
      if (references.length > 10) throw invalidParameter("Services cannot have more than 10 elements.");
      const results = references.map((each) => ({ each, service: findService(store, name, each) }));
      return {
        services: results.flatMap(({ service }) => (service ? [describeService(deps, service)] : [])),
        failures: results
          .filter(({ service }) => !service)
          .map(({ each }) => ({
            arn: arnOf.service(cloud, { cluster: name, name: shortName(each) }),
            reason: "MISSING",
          })),
      };
    },
    listServices: ({ cluster, launchType = "FARGATE", schedulingStrategy = "REPLICA", nextToken, maxResults = 10 }) => {
      const { name } = clusterOf(store, cluster);
      const matches = launchType === "FARGATE" && schedulingStrategy === "REPLICA";
      const services = store.services.list(`${name}/`).filter(({ status }) => matches && status !== "INACTIVE");
      const { page, next } = pageOf(services, nextToken, maxResults);
      return { serviceArns: page.map((service) => arnOf.service(cloud, service)), ...next };
    },
  } satisfies Operations<"ecs">;
}

const unsupported = [
  "serviceRegistries",
  "capacityProviderStrategy",
  "placementConstraints",
  "placementStrategy",
  "serviceConnectConfiguration",
  "volumeConfigurations",
  "vpcLatticeConfigurations",
  "gatewayConnectors",
  "monitoring",
  "role",
  "tags",
];

function createService(deps: Deps, input: CreateServiceCommandInput, createdBy: string): ServiceRecord {
  const { store, cloud } = deps;
  reject(input, unsupported);
  const controller = input.deploymentController?.type ?? "ECS";
  if (controller === "ECS")
    throw awsError(
      "NotImplemented",
      "The deployment controller ECS is not supported by the local cloud. Fix: use CODE_DEPLOY or EXTERNAL.",
      501,
    );
  const { name: cluster } = clusterOf(store, input.cluster);
  const name = input.serviceName ?? "";
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
    deploymentConfiguration: readDeployment(input.deploymentConfiguration) ?? {
      maximumPercent: 200,
      minimumHealthyPercent: 100,
    },
    createdAt: cloud.clock.now(),
    createdBy,
    events: [],
    ...(input.taskDefinition !== undefined && { requestedTaskDefinition: input.taskDefinition }),
  };
  const taskSet = controller === "CODE_DEPLOY" ? firstTaskSet(deps, service, input) : undefined;
  store.transaction(() => {
    store.services.put(serviceKey(service), service);
    if (taskSet) store.taskSets.put(taskSetKey(taskSet), taskSet);
  });
  return service;
}

/** as AWS: ECS creates the first task set of a service with the CODE_DEPLOY controller. */
function firstTaskSet(deps: Deps, service: ServiceRecord, input: CreateServiceCommandInput) {
  requireFargate(input.launchType);
  const definition = activeDefinitionOf(deps.store, input.taskDefinition ?? "");
  const loadBalancers = readLoadBalancers(input.loadBalancers, definition);
  if (loadBalancers.length === 0)
    throw invalidParameter("A load balancer is required for the CODE_DEPLOY deployment controller.");
  const network = readNetwork(input.networkConfiguration);
  return newTaskSet(deps, service, { taskDefinitionArn: definition.arn, network, loadBalancers, scalePercent: 100 });
}

function readDeployment(configuration: CreateServiceCommandInput["deploymentConfiguration"]) {
  if (!configuration) return undefined;
  reject(configuration, [
    "deploymentCircuitBreaker",
    "alarms",
    "lifecycleHooks",
    "bakeTimeInMinutes",
    "linearConfiguration",
    "canaryConfiguration",
  ]);
  const { maximumPercent = 200, minimumHealthyPercent = 100 } = configuration;
  return { maximumPercent, minimumHealthyPercent };
}

/** as AWS: changes that create a release go through CodeDeploy or a new task set. */
function rejectRelease(input: UpdateServiceCommandInput): void {
  reject(input, [...unsupported, "deploymentController", "forceNewDeployment", "platformVersion"]);
  const through =
    "on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.";
  if (input.taskDefinition !== undefined) throw invalidParameter(`Unable to update task definition ${through}`);
  if (input.networkConfiguration) throw invalidParameter(`Unable to update network parameters ${through}`);
  if (input.loadBalancers) throw invalidParameter(`Unable to update load balancers ${through}`);
}
