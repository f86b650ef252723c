import type {
  Build,
  EnvironmentVariable,
  LogsLocation,
  Project,
  ProjectCache,
  ProjectSource,
} from "@aws-sdk/client-codebuild";
import { currentPhase, isOver, type BuildRecord, type PhaseRecord, type ProjectRecord } from "./store.ts";

export function describeProject(project: ProjectRecord): Project {
  const { logs } = project;
  return {
    name: project.name,
    arn: project.arn,
    description: project.description,
    source: describeSource(project),
    secondarySources: secondarySources(project),
    sourceVersion: project.sourceVersion,
    artifacts: { type: "NO_ARTIFACTS" },
    cache: describeCache(project),
    encryptionKey: "alias/aws/s3",
    environment: describeEnvironment(project),
    serviceRole: project.serviceRole,
    timeoutInMinutes: project.timeoutInMinutes,
    queuedTimeoutInMinutes: project.queuedTimeoutInMinutes,
    concurrentBuildLimit: project.concurrentBuildLimit,
    created: new Date(project.createdAt),
    lastModified: new Date(project.modifiedAt),
    logsConfig: {
      cloudWatchLogs: logs
        ? { status: "ENABLED", groupName: logs.groupName, streamName: logs.streamPrefix }
        : { status: "DISABLED" },
    },
    badge: { badgeEnabled: false },
    projectVisibility: "PRIVATE",
  };
}

export function describeBuild(build: BuildRecord): Build {
  const { project } = build;
  const exported = Object.entries(build.exported ?? {});
  return {
    id: build.id,
    arn: build.arn,
    buildNumber: build.number,
    startTime: new Date(build.startedAt),
    endTime: build.endedAt === undefined ? undefined : new Date(build.endedAt),
    currentPhase: currentPhase(build),
    buildStatus: build.status,
    sourceVersion: project.sourceVersion,
    resolvedSourceVersion: build.resolvedSourceVersion,
    projectName: project.name,
    phases: build.phases.map(describePhase),
    source: describeSource(project),
    secondarySources: secondarySources(project),
    secondarySourceVersions: [],
    artifacts: { location: "" },
    cache: describeCache(project),
    environment: describeEnvironment(project),
    serviceRole: project.serviceRole,
    logs: describeLogs(build),
    timeoutInMinutes: project.timeoutInMinutes,
    queuedTimeoutInMinutes: project.queuedTimeoutInMinutes,
    buildComplete: isOver(build),
    initiator: build.initiator,
    encryptionKey: "alias/aws/s3",
    exportedEnvironmentVariables: build.exported && exported.map(([name, value]) => ({ name, value })),
  };
}

function describeCache({ cacheLocation }: ProjectRecord): ProjectCache {
  return cacheLocation === undefined ? { type: "NO_CACHE" } : { type: "S3", location: cacheLocation };
}

function describePhase({ type, status, startedAt, endedAt, context }: PhaseRecord) {
  const start = { phaseType: type, startTime: new Date(startedAt) };
  if (endedAt === undefined) return start;
  return {
    ...start,
    phaseStatus: status,
    endTime: new Date(endedAt),
    durationInSeconds: Math.round((endedAt - startedAt) / 1000),
    contexts: [{ statusCode: context?.statusCode ?? "", message: context?.message ?? "" }],
  };
}

function describeSource({ location, connectionArn, gitCloneDepth, buildspec }: ProjectRecord): ProjectSource {
  const shared = { location, gitCloneDepth, buildspec, insecureSsl: false };
  if (connectionArn === undefined) return { type: "CODECOMMIT", ...shared };
  return { type: "GITHUB", auth: { type: "CODECONNECTIONS", resource: connectionArn }, ...shared };
}

function secondarySources(project: ProjectRecord): ProjectSource[] {
  return project.secondarySources.map(({ identifier, location }) => ({
    type: "S3",
    location,
    sourceIdentifier: identifier,
  }));
}

function describeEnvironment({ environment, variables }: ProjectRecord) {
  return {
    type: environment.type,
    image: environment.image,
    // The template's value, which CloudFormation validates against the same list.
    computeType: environment.computeType as "BUILD_GENERAL1_SMALL",
    environmentVariables: variables.map((variable): EnvironmentVariable => ({ ...variable })),
    privilegedMode: false,
  };
}

function describeLogs({ logs, arn }: BuildRecord): LogsLocation {
  if (!logs) return { cloudWatchLogs: { status: "DISABLED" } };
  const [, , , region, account] = arn.split(":");
  const { groupName, streamName } = logs;
  const stream = `arn:aws:logs:${region}:${account}:log-group:${groupName}:log-stream:${streamName}`;
  const cloudWatchLogs = { status: "ENABLED" as const, groupName };
  return { groupName, streamName, cloudWatchLogsArn: stream, cloudWatchLogs };
}
