import {
  AccountLimitExceededException,
  InvalidInputException,
  ResourceNotFoundException,
  type EnvironmentVariable,
} from "@aws-sdk/client-codebuild";
import type { AccessRules, Call, Clients, OperationInput, Operations } from "#local/cloud/index.ts";
import type { Deps } from "./deps.ts";
import { describeBuild, describeProject } from "./describe.ts";
import { stateChange } from "./events.ts";
import type { BuildVariable } from "./progress.ts";
import { isOver, type BuildRecord, type BuildStore, type ProjectRecord } from "./store.ts";

type StartBuildInput = OperationInput<Clients["codebuild"], "startBuild">;

// as AWS: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html
const tokenLifeMs = 5 * 60_000;
const supportedOverrides = [
  "projectName",
  "sourceVersion",
  "buildspecOverride",
  "environmentVariablesOverride",
  "timeoutInMinutesOverride",
  "idempotencyToken",
];

export function createOperations(deps: Deps): Operations<"codebuild"> {
  const { store, engine } = deps;
  return {
    startBuild: (input, call) => ({ build: describeBuild(startBuild(deps, input, call)) }),
    stopBuild({ id }) {
      const build = store.builds.get(id);
      if (!build) throw new ResourceNotFoundException({ message: `Build ${id} does not exist`, $metadata: {} });
      if (!isOver(build)) engine.stop(build);
      return { build: describeBuild(build) };
    },
    batchGetBuilds({ ids }) {
      const builds = ids.flatMap((id) => store.builds.get(shortId(id)) ?? []);
      const buildsNotFound = ids.filter((id) => !store.builds.get(shortId(id)));
      return { builds: builds.map(describeBuild), buildsNotFound };
    },
    listBuilds: ({ sortOrder }) => ({ ids: sorted(store.builds.list(), sortOrder) }),
    listBuildsForProject({ projectName, sortOrder }) {
      findProject(deps, projectName);
      return { ids: sorted(store.builds.list(`${projectName}:`), sortOrder) };
    },
    batchGetProjects({ names }) {
      const projects = names.flatMap((name) => store.projects.get(name) ?? []);
      return {
        projects: projects.map(describeProject),
        projectsNotFound: names.filter((name) => !store.projects.get(name)),
      };
    },
    listProjects: () => ({ projects: store.projects.keys() }),
  };
}

export function createAccess({ cloud }: Deps): AccessRules<"codebuild"> {
  const project = (name = "") => cloud.arn("codebuild", `project/${name}`);
  const ofBuild = (id: string) => project(shortId(id).split(":")[0]);
  return {
    startBuild: ({ projectName }) => ({ resources: [project(projectName)] }),
    stopBuild: ({ id }) => ({ resources: [ofBuild(id)] }),
    batchGetBuilds: ({ ids }) => ({ resources: ids.map(ofBuild) }),
    listBuildsForProject: ({ projectName }) => ({ resources: [project(projectName)] }),
    batchGetProjects: ({ names }) => ({ resources: names.map(project) }),
  };
}

/** A build can be named by id or ARN. */
const shortId = (id: string) => id.replace(/^arn:.*:build\//, "");

function sorted(builds: BuildRecord[], order: string = "DESCENDING"): string[] {
  const ids = builds.sort((a, b) => a.startedAt - b.startedAt).map(({ id }) => id);
  return order === "ASCENDING" ? ids : ids.toReversed();
}

function startBuild(deps: Deps, input: StartBuildInput, call: Call): BuildRecord {
  const { cloud, store, engine } = deps;
  const unsupported = Object.entries(input).find(
    ([key, value]) => value !== undefined && !supportedOverrides.includes(key),
  );
  if (unsupported) throw invalid(`${unsupported[0]} is not supported by the local cloud. Fix: leave it out.`);
  const project = findProject(deps, input.projectName);
  const repeated = findRepeated(deps, input);
  if (repeated) return repeated;
  checkLimit(store, project);
  const build = createBuild(deps, { ...project, ...overrides(project, input) }, initiatorOf(call));
  cloud.store.transaction(() => {
    store.builds.put(build.id, build);
    if (input.idempotencyToken !== undefined)
      store.tokens.put(input.idempotencyToken, {
        buildId: build.id,
        request: JSON.stringify(input),
        at: build.startedAt,
      });
    cloud.emit(stateChange(build));
  });
  engine.begin(build);
  return build;
}

function findProject({ cloud, store }: Deps, name: string): ProjectRecord {
  const project = store.projects.get(name);
  if (project) return project;
  const arn = cloud.arn("codebuild", `project/${name}`);
  throw new ResourceNotFoundException({ message: `Project cannot be found: ${arn}`, $metadata: {} });
}

function findRepeated({ cloud, store }: Deps, input: StartBuildInput): BuildRecord | undefined {
  const token = input.idempotencyToken === undefined ? undefined : store.tokens.get(input.idempotencyToken);
  if (!token || cloud.clock.now() - token.at > tokenLifeMs) return undefined;
  if (token.request !== JSON.stringify(input))
    throw invalid("Parameter mismatch: this idempotency token was used with other parameters");
  return store.builds.get(token.buildId);
}

function checkLimit(store: BuildStore, { name, concurrentBuildLimit }: ProjectRecord): void {
  const active = store.builds.list(`${name}:`).filter((build) => !isOver(build)).length;
  if (concurrentBuildLimit === undefined || active < concurrentBuildLimit) return;
  throw new AccountLimitExceededException({
    message: `Project-level concurrent build limit cannot exceed ${concurrentBuildLimit}`,
    $metadata: {},
  });
}

function overrides(project: ProjectRecord, input: StartBuildInput): Partial<ProjectRecord> {
  const { sourceVersion, buildspecOverride, environmentVariablesOverride = [], timeoutInMinutesOverride } = input;
  if (buildspecOverride?.startsWith("arn:"))
    throw invalid(
      "A buildspec in S3 is not supported by the local cloud. Fix: use a file of the source or an inline buildspec.",
    );
  if (timeoutInMinutesOverride !== undefined && (timeoutInMinutesOverride < 5 || timeoutInMinutesOverride > 2160))
    throw invalid("timeoutInMinutesOverride must be between 5 and 2160");
  const variables = new Map(project.variables.map((variable) => [variable.name, variable]));
  for (const variable of environmentVariablesOverride.map(readVariable)) variables.set(variable.name, variable);
  return {
    ...(sourceVersion === undefined ? {} : { sourceVersion }),
    ...(buildspecOverride === undefined ? {} : { buildspec: buildspecOverride }),
    ...(timeoutInMinutesOverride === undefined ? {} : { timeoutInMinutes: timeoutInMinutesOverride }),
    variables: [...variables.values()],
  };
}

function readVariable({ name, value, type = "PLAINTEXT" }: EnvironmentVariable): BuildVariable {
  if (name === undefined || value === undefined) throw invalid("An environment variable requires a name and a value");
  if (name.startsWith("CODEBUILD_")) throw invalid(`${name}: names that begin with CODEBUILD_ are reserved`);
  if (type === "PARAMETER_STORE")
    throw invalid(`${name}: PARAMETER_STORE is not supported by the local cloud. Fix: use SECRETS_MANAGER.`);
  return { name, value, type };
}

function createBuild({ cloud, store }: Deps, project: ProjectRecord, initiator: string): BuildRecord {
  const uuid = cloud.ids.uuid();
  const startedAt = cloud.clock.now();
  const done = { startedAt, endedAt: startedAt, status: "SUCCEEDED" as const };
  const { logs } = project;
  return {
    id: `${project.name}:${uuid}`,
    uuid,
    arn: cloud.arn("codebuild", `build/${project.name}:${uuid}`),
    number: Math.max(0, ...store.builds.list(`${project.name}:`).map(({ number }) => number)) + 1,
    project,
    status: "IN_PROGRESS",
    // differs from AWS: builds are never queued.
    phases: [
      { type: "SUBMITTED", ...done },
      { type: "QUEUED", ...done },
      { type: "PROVISIONING", startedAt },
    ],
    startedAt,
    initiator,
    ...(logs && { logs: { groupName: logs.groupName, streamName: streamName(logs.streamPrefix, uuid) } }),
    stopRequested: false,
    offset: 0,
  };
}

const streamName = (prefix: string | undefined, uuid: string) => (prefix ? `${prefix}/${uuid}` : uuid);

/** as AWS: the caller's role and session, or the user's name. */
function initiatorOf({ principal }: Call): string {
  return principal.kind === "root" ? "root" : principal.arn.split("/").slice(1).join("/");
}

const invalid = (message: string) => new InvalidInputException({ message, $metadata: {} });
