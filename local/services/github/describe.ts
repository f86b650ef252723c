import type { Cloud } from "#local/cloud/index.ts";
import type { components } from "@octokit/openapi-types";
import type {
  DeliveryRecord,
  DeploymentRecord,
  DeploymentStatusRecord,
  HookRecord,
  RepositoryRecord,
  StatusRecord,
} from "./store.ts";

/** The shapes of GitHub's REST API: https://github.com/github/rest-api-description */
type Schemas = components["schemas"];

export const apiUrl = ({ endpoint }: Cloud, fullName: string) => `${endpoint}/github-api/repos/${fullName}`;
export const webUrl = ({ endpoint }: Cloud, fullName: string) => `${endpoint}/github/${fullName}`;

const time = (milliseconds: number) => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
/** Differs from GitHub: global node ids are of the GraphQL API, which the stand-in does not have. */
const nodeId = (id: number) => `stand-in-${id}`;

export function describeHook(cloud: Cloud, hook: HookRecord): Schemas["hook"] {
  const { id, fullName, active, events, config, createdAt, updatedAt, lastResponse } = hook;
  const { secret, ...rest } = config;
  const url = `${apiUrl(cloud, fullName)}/hooks/${id}`;
  return {
    type: "Repository",
    id,
    name: "web",
    active,
    events,
    config: { ...rest, ...(secret !== undefined && { secret: "********" }) },
    created_at: time(createdAt),
    updated_at: time(updatedAt),
    url,
    test_url: `${url}/test`,
    ping_url: `${url}/pings`,
    deliveries_url: `${url}/deliveries`,
    last_response: lastResponse,
  };
}

export function describeDelivery(delivery: DeliveryRecord): Schemas["hook-delivery-item"] {
  const { id, guid, isRedelivery, event, createdAt, result } = delivery;
  return {
    id,
    guid,
    delivered_at: time(result?.at ?? createdAt),
    redelivery: isRedelivery,
    duration: result?.seconds ?? 0,
    status: result?.status ?? "pending",
    status_code: result?.code ?? 0,
    event,
    action: null,
    installation_id: null,
    repository_id: null,
  };
}

export function describeStatus(cloud: Cloud, status: StatusRecord): Schemas["status"] {
  const { id, fullName, sha, state, context, description, targetUrl, createdAt } = status;
  return {
    url: `${apiUrl(cloud, fullName)}/statuses/${sha}`,
    avatar_url: null,
    id,
    node_id: nodeId(id),
    state,
    description,
    target_url: targetUrl,
    context,
    created_at: time(createdAt),
    updated_at: time(createdAt),
    creator: null,
  };
}

export function describeDeployment(cloud: Cloud, deployment: DeploymentRecord): Schemas["deployment"] {
  const { id, fullName, sha, ref, task, payload, environment, description, createdAt, updatedAt } = deployment;
  const url = `${apiUrl(cloud, fullName)}/deployments/${id}`;
  return {
    url,
    id,
    node_id: nodeId(id),
    sha,
    ref,
    task,
    payload,
    original_environment: environment,
    environment,
    description,
    creator: null,
    created_at: time(createdAt),
    updated_at: time(updatedAt),
    statuses_url: `${url}/statuses`,
    repository_url: apiUrl(cloud, fullName),
    transient_environment: deployment.isTransient,
    production_environment: deployment.isProduction,
  };
}

export function describeDeploymentStatus(
  cloud: Cloud,
  deployment: DeploymentRecord,
  status: DeploymentStatusRecord,
): Schemas["deployment-status"] {
  const { id, state, description, environmentUrl, logUrl, createdAt } = status;
  const deploymentUrl = `${apiUrl(cloud, deployment.fullName)}/deployments/${deployment.id}`;
  return {
    url: `${deploymentUrl}/statuses/${id}`,
    id,
    node_id: nodeId(id),
    state,
    creator: null,
    description,
    environment: deployment.environment,
    target_url: logUrl,
    created_at: time(createdAt),
    updated_at: time(createdAt),
    deployment_url: deploymentUrl,
    repository_url: apiUrl(cloud, deployment.fullName),
    environment_url: environmentUrl,
    log_url: logUrl,
  };
}

export type RepositoryDescription = Pick<
  Schemas["full-repository"],
  "id" | "name" | "full_name" | "private" | "html_url" | "url" | "clone_url" | "default_branch" | "created_at"
>;

export function describeRepository(
  cloud: Cloud,
  { number: id, fullName, private: isPrivate, createdAt }: RepositoryRecord,
  defaultBranch: string,
): RepositoryDescription {
  return {
    id,
    name: fullName.split("/")[1] ?? "",
    full_name: fullName,
    private: isPrivate,
    html_url: webUrl(cloud, fullName),
    url: apiUrl(cloud, fullName),
    clone_url: `${webUrl(cloud, fullName)}.git`,
    default_branch: defaultBranch,
    created_at: time(createdAt),
  };
}
