import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { BatchGetBuildsCommand, type Build, type CodeBuildClient, StartBuildCommand } from "@aws-sdk/client-codebuild";
import { DescribeImagesCommand, type ECRClient } from "@aws-sdk/client-ecr";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import * as z from "zod/mini";
import { BuildFailed, hasName } from "../../core/errors.ts";
import { type DeploymentRecord, loadRelease, minutesIn } from "../../core/record.ts";
import { buildWaitKey } from "../../core/waiting.ts";
import type { Facts, Observation, Outcome, Step, Subject, Work } from "../../core/step.ts";
import { logTail } from "../../release/log-tail.ts";
import { allowances } from "../../release/trailers.ts";
import { readStageVariables, requireVariables } from "../../release/variables.ts";
import type { Table } from "../../core/table.ts";
import type { Repository } from "../../source/repository.ts";
import { parseRequiredVariables } from "../../../release-kit/required-variables.ts";
import { adoptLiveImage } from "./adopt-live-image.ts";
import { earlierImages } from "./earlier-images.ts";
import { failedCommand } from "./failed-command.ts";
import { type environment, exportedVariables, type observed } from "./contract.ts";

interface ObserveDeps {
  readonly codeBuild: CodeBuildClient;
  readonly ecr: ECRClient;
  readonly logs: CloudWatchLogsClient;
  readonly settings: z.infer<typeof observed>;
}

/** Of a buildspec, also the app's own: release-kit/README.md. */
const lastCommands =
  'node "$CODEBUILD_SRC_DIR_release_kit/release-kit.mjs" publish, and . "$CODEBUILD_SRC_DIR_release_kit/release.env"';

/** How long the step waits, and holds the lock, while the account runs as many builds as it may. */
const patienceMinutes = 60;
const quotas = "https://console.aws.amazon.com/servicequotas/home/services/codebuild/quotas";

type Image = NonNullable<Facts["image"]>;

interface BuildDeps extends ObserveDeps {
  readonly repository: Repository;
  readonly table: Table;
  readonly secretsManager: SecretsManagerClient;
  readonly clock: { now(): Date };
  readonly settings: z.infer<typeof environment>;
}

/**
 * Builds exactly the pushed commit. An image that an earlier attempt of this deployment built is adopted, unless its assets were added to a
 * release that is no longer live; and that of the live release if only the configuration is deployed.
 */
export function build(deps: BuildDeps): Step {
  return {
    name: "Build",
    observe: async (subject) =>
      (await isForAnotherLive(deps.table, subject.record)) ? { kind: "absent" } : observeBuild(deps)(subject),
    act: (work) => (work.record.configOnly ? adoptLiveImage(deps.table, work) : startBuild(deps, work)),
  };
}

async function isForAnotherLive(table: Table, { image }: DeploymentRecord): Promise<boolean> {
  if (!image?.assets) return false;
  const live = (await loadRelease(table))?.imageDigest;
  return live !== image.assets.liveImage && live !== image.assets.digest;
}

export function observeBuild(deps: ObserveDeps) {
  return async ({ record }: Subject): Promise<Observation> => {
    if (record.image) return { kind: "done" };
    if (!record.build) return { kind: "absent" };
    const { id, attempt } = record.build;
    const { builds = [] } = await deps.codeBuild.send(new BatchGetBuildsCommand({ ids: [id] }));
    const [started] = builds;
    if (!started) return { kind: "absent" };
    if (started.buildStatus === "IN_PROGRESS") return { kind: "running", waitKey: buildWaitKey(id) };
    if (started.buildStatus !== "SUCCEEDED") {
      return { kind: "failed", attempt, error: await buildFailed(deps, started, record) };
    }
    const image = readImage(started, deps.settings, record.build.liveImage);
    if (image instanceof BuildFailed) return { kind: "failed", attempt, error: image };
    const error = await whyMissing(deps, image);
    return error ? { kind: "failed", attempt, error } : { kind: "done", facts: { image } };
  };
}

/** The image that the build exported, or what is wrong with the exported variables. */
export function readImage(
  { exportedEnvironmentVariables = [], id }: Build,
  { REPOSITORY_URI }: ObserveDeps["settings"],
  liveImage?: string,
): Image | BuildFailed {
  const exported = Object.fromEntries(exportedEnvironmentVariables.map(({ name, value }) => [name, value]));
  const result = z.safeParse(exportedVariables, exported);
  if (!result.success) {
    const wrong = result.error.issues.map(({ path, message }) => {
      const name = String(path[0]);
      return exported[name] === undefined ? `${name} is missing` : `${path.join(".")} ${message}`;
    });
    return new BuildFailed(
      [
        `The build succeeded but did not export its image: ${wrong.join("; ")}.`,
        `Fix: export ${Object.keys(exportedVariables.shape).join(", ")} in the buildspec, under env.exported-variables, and push. Its last two commands set them: ${lastCommands}. Build: ${id}`,
      ].join("\n"),
    );
  }
  const { data } = result;
  const uri = `${REPOSITORY_URI}@${data.IMAGE_DIGEST}`;
  if (data.IMAGE_URI !== uri) {
    return new BuildFailed(
      `The build exported IMAGE_URI ${data.IMAGE_URI}, which is not image ${data.IMAGE_DIGEST} of the stage's repository.\nFix: export IMAGE_URI as ${uri} (the release kit does), and push. Build: ${id}`,
    );
  }
  return {
    uri,
    digest: data.IMAGE_DIGEST,
    migrations: data.MIGRATIONS,
    migrationCount: Number(data.MIGRATION_COUNT),
    findings: data.MIGRATION_FINDINGS,
    requiredVariables: data.REQUIRED_VARIABLES,
    watchedPaths: data.WATCHED_PATHS,
    ...(liveImage && data.ASSETS_IMAGE_DIGEST && { assets: { digest: data.ASSETS_IMAGE_DIGEST, liveImage } }),
  };
}

/** A digest is only a promise of the buildspec until the registry knows it. */
async function whyMissing(
  { ecr, settings }: ObserveDeps,
  { uri, digest, assets }: Image,
): Promise<BuildFailed | undefined> {
  const repositoryName = settings.REPOSITORY_URI.slice(settings.REPOSITORY_URI.indexOf("/") + 1);
  const imageIds = [digest, ...(assets ? [assets.digest] : [])].map((imageDigest) => ({ imageDigest }));
  try {
    await ecr.send(new DescribeImagesCommand({ repositoryName, imageIds }));
    return undefined;
  } catch (error) {
    if (!hasName(error, "ImageNotFoundException")) throw error;
    return new BuildFailed(
      `The build exported image ${uri}${assets ? ` and ${assets.digest}` : ""}, which is not in repository ${repositoryName}.\nFix: push the image to REPOSITORY_URI before the build ends (the release kit does), and push the commit.`,
      { cause: error },
    );
  }
}

async function buildFailed(
  { logs }: ObserveDeps,
  { buildStatus, phases, logs: log, id }: Build,
  { commit }: DeploymentRecord,
): Promise<BuildFailed> {
  const phase = phases?.find(({ phaseStatus }) => phaseStatus !== undefined && phaseStatus !== "SUCCEEDED");
  const messages = phase?.contexts?.flatMap(({ message }) => message ?? []).join(" ");
  const where = phase?.phaseType ? ` in phase ${phase.phaseType}` : "";
  const sentence = `The build of commit ${commit.slice(0, 8)} ended with status ${buildStatus}${where}${messages ? `: ${messages}` : "."}`;
  const { groupName, streamName } = log ?? {};
  const tail =
    groupName && streamName
      ? [await logTail(logs, { group: groupName, stream: streamName }, { events: 1000, select: failedCommand })]
      : [];
  return new BuildFailed(
    [sentence, ...tail, `Build: ${id}`, "Production is unchanged. Fix: push a corrected commit"].join("\n"),
  );
}

async function startBuild(deps: BuildDeps, work: Work): Promise<Outcome> {
  const { codeBuild, repository, clock, settings } = deps;
  const { commit, deployment } = work.record;
  const author = await readAuthor(repository, commit);
  await work.remember(author);
  const [hasOwnBuildspec, earlier] = await Promise.all([
    repository.hasFile(commit, settings.BUILDSPEC),
    earlierImages(deps.table),
    checkVariables(deps, commit),
  ]);
  const liveImage = settings.ASSETS_BEFORE_SHIFT === "true" ? earlier.at(-1) : undefined;
  await work.holdLock();
  const request = new StartBuildCommand({
    projectName: settings.PROJECT_NAME,
    sourceVersion: commit,
    idempotencyToken: `${deployment}-${work.attempt}`,
    environmentVariablesOverride: [
      { name: "EARLIER_IMAGES", value: earlier.join(","), type: "PLAINTEXT" },
      { name: "LIVE_IMAGE", value: liveImage ?? "", type: "PLAINTEXT" },
    ],
    ...(hasOwnBuildspec && { buildspecOverride: settings.BUILDSPEC }),
  });
  try {
    const { build: started } = await codeBuild.send(request);
    if (!started?.id) throw new Error("CodeBuild started a build but returned no id");
    await work.remember({ build: { id: started.id, attempt: work.attempt, liveImage }, image: undefined });
    return { kind: "running", waitKey: buildWaitKey(started.id) };
  } catch (error) {
    if (!(error instanceof Error) || !hasName(error, "AccountLimitExceededException")) throw error;
    // A new account: no build can start until its quota is raised. https://github.com/rebuy-de/aws-nuke/issues/1209
    if (/\bmore than 0 builds\b/.test(error.message)) throw noBuilds(error);
    if (minutesIn("Build", work.record, clock) >= patienceMinutes) throw noFreeBuild(error);
    return { kind: "later", reason: "The limit of concurrent builds is reached" };
  }
}

function noFreeBuild(cause: Error): BuildFailed {
  return new BuildFailed(
    `No build could be started within ${patienceMinutes} minutes: ${cause.message}. Production is unchanged.\nFix: wait for other builds of the account, or request an increase of its quota in Service Quotas (${quotas}). Then run: lockstep redrive`,
    { cause },
  );
}

function noBuilds(cause: Error): BuildFailed {
  return new BuildFailed(
    `CodeBuild allows no builds in this account: ${cause.message}. Production is unchanged.\nFix: request an increase of "Concurrently running builds for Linux/Small environment" in Service Quotas (${quotas}). Then run: lockstep redrive`,
    { cause },
  );
}

/** Before minutes are spent on the build. Plan checks again what the build exports. */
async function checkVariables({ repository, secretsManager, settings }: BuildDeps, commit: string): Promise<void> {
  const file = await repository.readFile(commit, settings.REQUIRED_VARIABLES_FILE);
  if (file === undefined) return;
  requireVariables(requiredVariablesOf(file), await readStageVariables(secretsManager, settings), settings);
}

function requiredVariablesOf(file: string): string[] {
  try {
    return parseRequiredVariables(file);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new BuildFailed(`${message} Production is unchanged.`, { cause: error });
  }
}

async function readAuthor(repository: Repository, id: string): Promise<Facts> {
  const commit = await repository.commit(id);
  if (!commit) {
    throw new BuildFailed(
      `Commit ${id} is not in repository ${repository.name}: it was removed from the branch by a force-push.\nFix: push again.`,
    );
  }
  const { author, message } = commit;
  return { author, message: message.split("\n")[0]?.slice(0, 200), allows: allowances(message) };
}
