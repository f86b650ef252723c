import type { EnvironmentVariable } from "@aws-sdk/client-codebuild";
import type { Call } from "#local/cloud/index.ts";
import type { Deps } from "../deps.ts";
import { stateChange } from "../events.ts";
import { fault, invalidInput } from "../faults.ts";
import type { BuildVariable } from "../progress.ts";
import type { Input } from "../reads.ts";
import { isOver, type BuildRecord, type BuildStore, type ProjectRecord } from "../store.ts";
import { findProject } from "./projects.ts";

// as AWS: https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html
const tokenTtlMs = 5 * 60_000;

export function startBuild(deps: Deps, input: Input<"startBuild">, call: Call): BuildRecord {
  const { cloud, store, engine } = deps;
  const project = findProject(deps, input.projectName);
  const repeated = findRepeated(deps, input);
  if (repeated) return repeated;
  checkLimit(store, project);
  const build = createBuild(deps, { ...project, ...overrides(project, input) }, initiatorOf(call));
  cloud.store.transaction(() => {
    store.builds.save(build);
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

function findRepeated({ cloud, store }: Deps, input: Input<"startBuild">): BuildRecord | undefined {
  const token = input.idempotencyToken === undefined ? undefined : store.tokens.get(input.idempotencyToken);
  if (!token || cloud.clock.now() - token.at > tokenTtlMs) return undefined;
  if (token.request !== JSON.stringify(input))
    throw invalidInput("Parameter mismatch: this idempotency token was used with other parameters");
  return store.builds.get(token.buildId);
}

function checkLimit(store: BuildStore, { name, concurrentBuildLimit }: ProjectRecord): void {
  const active = store.builds.list(`${name}:`).filter((build) => !isOver(build)).length;
  if (concurrentBuildLimit === undefined || active < concurrentBuildLimit) return;
  throw fault(
    "AccountLimitExceededException",
    `Project-level concurrent build limit cannot exceed ${concurrentBuildLimit}`,
  );
}

function overrides(project: ProjectRecord, input: Input<"startBuild">): Partial<ProjectRecord> {
  const { sourceVersion, buildspecOverride, environmentVariablesOverride = [], timeoutInMinutesOverride } = input;
  if (buildspecOverride?.startsWith("arn:"))
    throw invalidInput(
      "A buildspec in S3 is not supported by the local cloud. Fix: use a file of the source or an inline buildspec.",
    );
  if (timeoutInMinutesOverride !== undefined && project.environment.type === "LINUX_LAMBDA_CONTAINER")
    throw invalidInput("timeoutInMinutesOverride is not supported for Lambda compute");
  if (timeoutInMinutesOverride !== undefined && (timeoutInMinutesOverride < 5 || timeoutInMinutesOverride > 2160))
    throw invalidInput("timeoutInMinutesOverride must be between 5 and 2160");
  const variables = new Map(project.variables.map((variable) => [variable.name, variable]));
  for (const variable of environmentVariablesOverride.map(readVariable)) variables.set(variable.name, variable);
  return {
    sourceVersion: sourceVersion ?? project.sourceVersion,
    buildspec: buildspecOverride ?? project.buildspec,
    timeoutInMinutes: timeoutInMinutesOverride ?? project.timeoutInMinutes,
    variables: [...variables.values()],
  };
}

function readVariable({ name, value, type = "PLAINTEXT" }: EnvironmentVariable): BuildVariable {
  if (name === undefined || value === undefined)
    throw invalidInput("An environment variable requires a name and a value");
  if (name.startsWith("CODEBUILD_")) throw invalidInput(`${name}: names that begin with CODEBUILD_ are reserved`);
  if (type === "PARAMETER_STORE")
    throw invalidInput(`${name}: PARAMETER_STORE is not supported by the local cloud. Fix: use SECRETS_MANAGER.`);
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
    logs: logs && { groupName: logs.groupName, streamName: streamName(logs.streamPrefix, uuid) },
    stopRequested: false,
    offset: 0,
  };
}

const streamName = (prefix: string | undefined, uuid: string) => (prefix ? `${prefix}/${uuid}` : uuid);

/** as AWS: the caller's role and session, or the user's name. */
function initiatorOf({ principal }: Call): string {
  return principal.kind === "root" ? "root" : principal.arn.split("/").slice(1).join("/");
}
