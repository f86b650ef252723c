import { records, type Cloud } from "#local/cloud/index.ts";
import type { BuildVariable, EndStatus, PhaseContext, PhaseType, ProgressEntry } from "./progress.ts";

export interface SecondarySource {
  identifier: string;
  /** `bucket/key` */
  location: string;
  /** The copy of its files. */
  directory: string;
}

export interface ProjectRecord {
  name: string;
  arn: string;
  /** Stack and logical id of the resource that created it. */
  owner: string;
  description?: string | undefined;
  /** Clone URL of the repository. */
  location: string;
  /** With which a repository on GitHub is read; undefined for one in CodeCommit. */
  connectionArn?: string | undefined;
  gitCloneDepth?: number | undefined;
  /** Inline, or a path in the source. */
  buildspec: string;
  sourceVersion?: string | undefined;
  secondarySources: SecondarySource[];
  environment: {
    type: "LINUX_CONTAINER" | "LINUX_LAMBDA_CONTAINER";
    image: string;
    computeType: string;
    imagePullCredentialsType?: string | undefined;
  };
  variables: BuildVariable[];
  /** Bucket and prefix; undefined without a cache. */
  cacheLocation?: string | undefined;
  serviceRole: string;
  timeoutInMinutes: number;
  queuedTimeoutInMinutes: number;
  concurrentBuildLimit?: number | undefined;
  /** Undefined if CloudWatch Logs are disabled. */
  logs?: { groupName: string; streamPrefix?: string | undefined } | undefined;
  createdAt: number;
  modifiedAt: number;
}

export interface PhaseRecord {
  type: PhaseType;
  status?: EndStatus | undefined;
  startedAt: number;
  endedAt?: number | undefined;
  context?: PhaseContext | undefined;
}

export interface BuildRecord {
  /** `<project>:<uuid>` */
  id: string;
  uuid: string;
  arn: string;
  number: number;
  /** The project when the build started, with the overrides of the call. */
  project: ProjectRecord;
  status: EndStatus | "IN_PROGRESS";
  phases: PhaseRecord[];
  startedAt: number;
  endedAt?: number | undefined;
  initiator: string;
  resolvedSourceVersion?: string | undefined;
  exported?: Record<string, string> | undefined;
  logs?: { groupName: string; streamName: string } | undefined;
  workspace?: string | undefined;
  stopRequested: boolean;
  /** Bytes of the runner's progress file that were processed. */
  offset: number;
}

export interface StartToken {
  buildId: string;
  /** The input of the call, to distinguish a repetition from another call with the same token. */
  request: string;
  at: number;
}

export type BuildStore = ReturnType<typeof openStore>;

export const openStore = ({ store }: Cloud) => ({
  projects: records<ProjectRecord>(store, "codebuild.projects", ({ name }) => name),
  builds: records<BuildRecord>(store, "codebuild.builds", ({ id }) => id),
  tokens: store.collection<StartToken>("codebuild.tokens"),
});

/** The id of a build that is named by its id or ARN. */
export const shortId = (idOrArn: string) => idOrArn.replace(/^arn:.*:build\//, "");

export const isOver = (build: BuildRecord) => build.status !== "IN_PROGRESS";

export const currentPhase = (build: BuildRecord): PhaseType => build.phases.at(-1)?.type ?? "SUBMITTED";

/** The build after a progress entry. */
export function applyProgress(build: BuildRecord, entry: ProgressEntry): BuildRecord {
  switch (entry.kind) {
    case "log":
      return build;
    case "phase":
      return { ...build, phases: [...endOpenPhase(build, entry.at), { type: entry.phase, startedAt: entry.at }] };
    case "phase-end": {
      const { status, context, at } = entry;
      return { ...build, phases: endOpenPhase(build, at, { status, context }) };
    }
    case "source":
      return { ...build, resolvedSourceVersion: entry.resolvedVersion };
    case "exported":
      return { ...build, exported: entry.variables };
    case "done":
      return {
        ...build,
        status: entry.status,
        endedAt: entry.at,
        phases: [...endOpenPhase(build, entry.at), { type: "COMPLETED", startedAt: entry.at }],
      };
    default:
      return unknownEntry(entry);
  }
}

function unknownEntry(entry: never): never {
  throw new Error(`Unknown progress entry: ${JSON.stringify(entry)}`);
}

/** An open phase has succeeded when the next one begins. */
function endOpenPhase(
  { phases }: BuildRecord,
  endedAt: number,
  end: { status: EndStatus; context: PhaseContext } = { status: "SUCCEEDED", context: { statusCode: "", message: "" } },
): PhaseRecord[] {
  return phases.map((phase) => (phase.endedAt === undefined ? { ...phase, endedAt, ...end } : phase));
}
