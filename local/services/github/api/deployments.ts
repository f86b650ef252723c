import { z } from "zod";
import { resolveCommit } from "#local/git/index.ts";
import type { Deps } from "../deps.ts";
import { describeDeployment, describeDeploymentStatus } from "../describe.ts";
import type { DeploymentRecord, DeploymentStatusRecord, RepositoryRecord } from "../store.ts";
import { ApiError, endpoint, type Endpoint, notFound, parseBody } from "./route.ts";

const creation = z.strictObject({
  ref: z.string(),
  task: z.string().default("deploy"),
  auto_merge: z.literal(false),
  required_contexts: z.tuple([]),
  payload: z.record(z.string(), z.unknown()).default({}),
  environment: z.string().default("production"),
  description: z.string().max(140).nullish(),
  transient_environment: z.boolean().default(false),
  production_environment: z.boolean().optional(),
});

const status = z.strictObject({
  state: z.enum(["error", "failure", "inactive", "in_progress", "queued", "pending", "success"]),
  log_url: z.url().optional(),
  description: z.string().max(140).default(""),
  environment_url: z.url().optional(),
  auto_inactive: z.boolean().default(true),
});

/** https://docs.github.com/en/rest/deployments. Automatic merges and required contexts are not supported. */
export function deploymentEndpoints(deps: Deps): Endpoint[] {
  const { cloud, store, repositories } = deps;
  const deploymentsOf = ({ fullName }: RepositoryRecord) =>
    store.deployments
      .list()
      .filter((each) => each.fullName === fullName)
      .toReversed();
  const find = (repository: RepositoryRecord, id: string | undefined): DeploymentRecord => {
    const deployment = deploymentsOf(repository).find((each) => String(each.id) === id);
    if (!deployment) throw notFound();
    return deployment;
  };
  return [
    endpoint("POST /deployments", "deployments=write", async ({ repository, body }) => {
      const input = parseBody(creation, body);
      const sha = await resolveCommit(repositories.directoryOf(repository), input.ref);
      if (sha === undefined) throw new ApiError(422, `No ref found for: ${input.ref}`);
      const [id, now] = [store.nextId(), cloud.clock.now()];
      const { fullName } = repository;
      const place = { id, fullName, sha, createdAt: now, updatedAt: now };
      const deployment = store.deployments.save({ ...place, ...fieldsOf(input) });
      return { status: 201, body: describeDeployment(cloud, deployment) };
    }),
    endpoint("GET /deployments", "deployments=read", ({ repository, query }) => {
      const [sha, environment] = [query.get("sha"), query.get("environment")];
      const deployments = deploymentsOf(repository)
        .filter((each) => sha === null || each.sha === sha)
        .filter((each) => environment === null || each.environment === environment)
        .slice(0, Number(query.get("per_page") ?? 30));
      return { status: 200, body: deployments.map((each) => describeDeployment(cloud, each)) };
    }),
    endpoint("POST /deployments/{deployment_id}/statuses", "deployments=write", ({ repository, segments, body }) => {
      const input = parseBody(status, body);
      const deployment = find(repository, segments[0]);
      const saved = addStatus(deps, deployment, {
        state: input.state,
        description: input.description,
        environmentUrl: input.environment_url ?? "",
        logUrl: input.log_url ?? "",
      });
      if (input.auto_inactive && input.state === "success") endOthers(deps, deployment, deploymentsOf(repository));
      return { status: 201, body: describeDeploymentStatus(cloud, deployment, saved) };
    }),
    endpoint("GET /deployments/{deployment_id}/statuses", "deployments=read", ({ repository, segments }) => {
      const deployment = find(repository, segments[0]);
      const statuses = statusesOf(deps, deployment).map((each) => describeDeploymentStatus(cloud, deployment, each));
      return { status: 200, body: statuses };
    }),
  ];
}

function fieldsOf({ ref, task, payload, environment, ...input }: z.output<typeof creation>) {
  return {
    ref,
    task,
    payload,
    environment,
    description: input.description ?? null,
    isProduction: input.production_environment ?? environment === "production",
    isTransient: input.transient_environment,
  };
}

type NewStatus = Omit<DeploymentStatusRecord, "id" | "deploymentId" | "createdAt">;

function addStatus({ cloud, store }: Deps, { id: deploymentId }: DeploymentRecord, fields: NewStatus) {
  const createdAt = cloud.clock.now();
  store.deployments.update(store.key(deploymentId), (now) => ({ ...now, updatedAt: createdAt }));
  return store.deploymentStatuses.save({ id: store.nextId(), deploymentId, ...fields, createdAt });
}

function statusesOf({ store }: Deps, { id }: DeploymentRecord): DeploymentStatusRecord[] {
  return store.deploymentStatuses
    .list()
    .filter(({ deploymentId }) => deploymentId === id)
    .toReversed();
}

/** `auto_inactive`: earlier successful deployments of the same environment, unless it is a production or transient one. */
function endOthers(deps: Deps, { id, environment }: DeploymentRecord, deployments: readonly DeploymentRecord[]): void {
  for (const each of deployments) {
    if (each.id >= id || each.environment !== environment || each.isProduction || each.isTransient) continue;
    const [latest] = statusesOf(deps, each);
    if (latest?.state === "success") addStatus(deps, each, { ...latest, state: "inactive" });
  }
}
