import { type CreateServiceCommandInput, type UpdateServiceCommandInput } from "@aws-sdk/client-ecs";
import { awsError, type Clients, type Operations } from "#local/cloud/index.ts";
import { arnOf, shortName } from "../arns.ts";
import { describeService } from "../describe.ts";
import { serviceKey, taskSetKey, type ServiceRecord } from "../store.ts";
import {
  clusterOf,
  findService,
  invalidParameter,
  pageOf,
  readLoadBalancers,
  readNetwork,
  refuse,
  requireFargate,
  runnableDefinition,
  serviceOf,
  type OperationParts,
} from "./parts.ts";
import { newTaskSet } from "./task-sets.ts";

export function serviceOperations(parts: OperationParts) {
  const { cloud, store, scheduler } = parts;
  const put = (service: ServiceRecord) => {
    store.services.put(serviceKey(service), service);
    scheduler.wake();
    return { service: describeService(parts, service) };
  };
  return {
    createService: (input, { principal }) => {
      const service = createService(parts, input, principal.arn);
      scheduler.wake();
      return { service: describeService(parts, service) };
    },
    updateService: (input) => {
      const service = serviceOf(store, input.cluster, input.service);
      if (service.status !== "ACTIVE") throw awsError("ServiceNotActiveException", "Service was not ACTIVE.");
      refuseRelease(input);
      const { desiredCount = service.desiredCount, healthCheckGracePeriodSeconds: grace } = input;
      if (desiredCount < 0) throw invalidParameter("The desired count may not be negative.");
      return put({
        ...service,
        desiredCount,
        gracePeriodSeconds: grace ?? service.gracePeriodSeconds,
        deploymentConfiguration: readDeployment(input.deploymentConfiguration) ?? service.deploymentConfiguration,
      });
    },
    deleteService: ({ cluster, service: given, force = false }) => {
      const service = serviceOf(store, cluster, given);
      if (!force && service.desiredCount > 0)
        throw invalidParameter("The service cannot be stopped while it is scaled above 0.");
      return put({ ...service, status: "DRAINING", desiredCount: 0 });
    },
    describeServices: ({ cluster, services: given }) => {
      const { name } = clusterOf(store, cluster);
      if (given.length > 10) throw invalidParameter("Services cannot have more than 10 elements.");
      const found = given.map((each) => ({ each, service: findService(store, name, each) }));
      return {
        services: found.flatMap(({ service }) => (service ? [describeService(parts, service)] : [])),
        failures: found
          .filter(({ service }) => !service)
          .map(({ each }) => ({
            arn: arnOf.service(cloud, { cluster: name, name: shortName(each) }),
            reason: "MISSING",
          })),
      };
    },
    listServices: ({ cluster, launchType = "FARGATE", schedulingStrategy = "REPLICA", nextToken, maxResults = 10 }) => {
      const { name } = clusterOf(store, cluster);
      const isAsked = launchType === "FARGATE" && schedulingStrategy === "REPLICA";
      const services = store.services.list(`${name}/`).filter(({ status }) => isAsked && status !== "INACTIVE");
      const { page, next } = pageOf(services, nextToken, maxResults);
      return { serviceArns: page.map((service) => arnOf.service(cloud, service)), ...next };
    },
  } satisfies Operations<Clients["ecs"]>;
}

const notRun = [
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

function createService(parts: OperationParts, input: CreateServiceCommandInput, createdBy: string): ServiceRecord {
  const { store, cloud } = parts;
  refuse(input, notRun);
  const controller = input.deploymentController?.type ?? "ECS";
  if (controller === "ECS")
    throw awsError(
      "NotImplemented",
      "The deployment controller ECS is not run by the local cloud: CODE_DEPLOY and EXTERNAL are.",
      501,
    );
  const { name: cluster } = clusterOf(store, input.cluster);
  const name = input.serviceName ?? "";
  if (!/^[\w-]{1,255}$/.test(name)) throw invalidParameter(`"${name}" is no name of a service.`);
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
  const taskSet = controller === "CODE_DEPLOY" ? firstTaskSet(parts, service, input) : undefined;
  store.transaction(() => {
    store.services.put(serviceKey(service), service);
    if (taskSet) store.taskSets.put(taskSetKey(taskSet), taskSet);
  });
  return service;
}

/** as AWS: ECS itself makes the first task set of a service that CodeDeploy deploys. */
function firstTaskSet(parts: OperationParts, service: ServiceRecord, input: CreateServiceCommandInput) {
  requireFargate(input.launchType);
  const definition = runnableDefinition(parts.store, input.taskDefinition ?? "");
  const loadBalancers = readLoadBalancers(input.loadBalancers, definition);
  if (loadBalancers.length === 0)
    throw invalidParameter("A load balancer is required for the CODE_DEPLOY deployment controller.");
  const network = readNetwork(input.networkConfiguration);
  return newTaskSet(parts, service, { taskDefinitionArn: definition.arn, network, loadBalancers, scalePercent: 100 });
}

function readDeployment(given: CreateServiceCommandInput["deploymentConfiguration"]) {
  if (!given) return undefined;
  refuse(given, [
    "deploymentCircuitBreaker",
    "alarms",
    "lifecycleHooks",
    "bakeTimeInMinutes",
    "linearConfiguration",
    "canaryConfiguration",
  ]);
  const { maximumPercent = 200, minimumHealthyPercent = 100 } = given;
  return { maximumPercent, minimumHealthyPercent };
}

/** as AWS: what makes a release goes through CodeDeploy, or through a task set of one's own. */
function refuseRelease(input: UpdateServiceCommandInput): void {
  refuse(input, [...notRun, "deploymentController", "forceNewDeployment", "platformVersion"]);
  const through =
    "on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.";
  if (input.taskDefinition !== undefined) throw invalidParameter(`Unable to update task definition ${through}`);
  if (input.networkConfiguration) throw invalidParameter(`Unable to update network parameters ${through}`);
  if (input.loadBalancers) throw invalidParameter(`Unable to update load balancers ${through}`);
}
