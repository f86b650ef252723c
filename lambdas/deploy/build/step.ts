import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { BatchGetBuildsCommand, type Build, type CodeBuildClient, StartBuildCommand } from "@aws-sdk/client-codebuild";
import { type CodeCommitClient, GetCommitCommand, GetFileCommand } from "@aws-sdk/client-codecommit";
import * as z from "zod/mini";
import { BuildFailed, hasName } from "../../core/errors.ts";
import { logTail } from "../../release/log-tail.ts";
import type { DeploymentRecord, Facts } from "../../core/record.ts";
import type { Observation, Outcome, Step, Subject, Work } from "../../core/step.ts";
import { allowances } from "../../release/trailers.ts";
import { type environment, exportedVariables } from "./contract.ts";

interface ObservePorts {
  readonly codeBuild: CodeBuildClient;
  readonly logs: CloudWatchLogsClient;
}

interface BuildPorts extends ObservePorts {
  readonly codeCommit: CodeCommitClient;
  readonly settings: z.infer<typeof environment>;
}

export const buildHandle = (id: string) => `build:${id}`;

/** Builds exactly the pushed commit; an image that any attempt of this deployment has built is adopted. */
export function build(ports: BuildPorts): Step {
  return { name: "Build", observe: observeBuild(ports), act: (work) => startBuild(ports, work) };
}

export function observeBuild(ports: ObservePorts) {
  return async ({ record }: Subject): Promise<Observation> => {
    if (record.image) return { kind: "done" };
    if (!record.build) return { kind: "absent" };
    const { id, attempt } = record.build;
    const { builds = [] } = await ports.codeBuild.send(new BatchGetBuildsCommand({ ids: [id] }));
    const found = builds[0];
    if (!found) return { kind: "absent" };
    if (found.buildStatus === "IN_PROGRESS") return { kind: "running", handle: buildHandle(id) };
    if (found.buildStatus !== "SUCCEEDED") {
      return { kind: "failed", attempt, error: await whyItFailed(ports, found, record) };
    }
    const image = readImage(found);
    return image instanceof BuildFailed
      ? { kind: "failed", attempt, error: image }
      : { kind: "done", facts: { image } };
  };
}

/** The image as the build exported it, or which variable the buildspec has to export. */
export function readImage({ exportedEnvironmentVariables = [], id }: Build): NonNullable<Facts["image"]> | BuildFailed {
  const exported = Object.fromEntries(exportedEnvironmentVariables.map(({ name = "", value }) => [name, value]));
  const result = z.safeParse(exportedVariables, exported);
  if (result.success) {
    const { data } = result;
    return {
      uri: data.IMAGE_URI,
      digest: data.IMAGE_DIGEST,
      migrations: data.MIGRATIONS,
      migrationCount: Number(data.MIGRATION_COUNT),
      findings: data.MIGRATION_FINDINGS,
      requiredVariables: data.REQUIRED_VARIABLES,
    };
  }
  const wrong = result.error.issues.map(({ path, message }) => {
    const name = String(path[0]);
    return exported[name] === undefined ? `${name} is missing` : `${path.join(".")} ${message}`;
  });
  return new BuildFailed(
    [
      `The build succeeded without telling what it built: ${wrong.join("; ")}.`,
      `The buildspec has to export ${Object.keys(exportedVariables.shape).join(", ")} under env.exported-variables; the release kit writes them.`,
      `Look at build ${id}.`,
    ].join("\n"),
  );
}

async function whyItFailed({ logs }: ObservePorts, found: Build, { commit }: DeploymentRecord): Promise<BuildFailed> {
  const phase = found.phases?.find(({ phaseStatus }) => phaseStatus !== undefined && phaseStatus !== "SUCCEEDED");
  const told = phase?.contexts?.flatMap(({ message }) => message ?? []).join(" ");
  const where = phase?.phaseType ? ` in phase ${phase.phaseType}` : "";
  const sentence = `The build of commit ${commit.slice(0, 8)} ended as ${found.buildStatus}${where}${told ? `: ${told}` : "."}`;
  const { groupName, streamName } = found.logs ?? {};
  const tail =
    groupName && streamName
      ? await logTail(logs, { group: groupName, stream: streamName })
      : `Look at build ${found.id}.`;
  return new BuildFailed(`${sentence}\n${tail}`);
}

async function startBuild({ codeBuild, codeCommit, settings }: BuildPorts, work: Work): Promise<Outcome> {
  const { commit, deployment } = work.record;
  const author = await readAuthor(codeCommit, settings.REPOSITORY_NAME, commit);
  const own = await hasBuildspec(codeCommit, settings.REPOSITORY_NAME, commit);
  await work.holdLock();
  const request = new StartBuildCommand({
    projectName: settings.PROJECT_NAME,
    sourceVersion: commit,
    idempotencyToken: `${deployment}-${work.attempt}`,
    ...(own && { buildspecOverride: "buildspec.yml" }),
  });
  try {
    const { build: started } = await codeBuild.send(request);
    if (!started?.id) throw new Error("CodeBuild started a build and did not tell its id");
    await work.remember({ ...author, build: { id: started.id, attempt: work.attempt } });
    return { kind: "running", handle: buildHandle(started.id) };
  } catch (error) {
    if (!hasName(error, "AccountLimitExceededException")) throw error;
    return { kind: "later", reason: "As many builds run as the project or the account allows" };
  }
}

async function readAuthor(codeCommit: CodeCommitClient, repositoryName: string, commitId: string): Promise<Facts> {
  try {
    const { commit } = await codeCommit.send(new GetCommitCommand({ repositoryName, commitId }));
    const message = commit?.message ?? "";
    const allows = allowances(message);
    return { author: commit?.author?.name, message: message.split("\n")[0]?.slice(0, 200), allows };
  } catch (error) {
    if (!hasName(error, "CommitIdDoesNotExistException")) throw error;
    throw new BuildFailed(
      `Commit ${commitId} is not in repository ${repositoryName} (any more): it was pushed away. Push again.`,
      { cause: error },
    );
  }
}

async function hasBuildspec(codeCommit: CodeCommitClient, repositoryName: string, commit: string): Promise<boolean> {
  const file = { repositoryName, commitSpecifier: commit, filePath: "buildspec.yml" };
  try {
    await codeCommit.send(new GetFileCommand(file));
    return true;
  } catch (error) {
    if (hasName(error, "FileDoesNotExistException")) return false;
    throw error;
  }
}
