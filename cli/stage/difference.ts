import { DescribeImagesCommand } from "@aws-sdk/client-ecr";
import { type ContainerDefinition, DescribeTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import type { Commit, Repository } from "../../lambdas/source/repository.ts";
import { oneLine, shorten, titleOf } from "../terminal/text.ts";
import type { Clients } from "./clients.ts";
import { currentRelease, type DeploymentItem, listReleases } from "./records.ts";
import { sourceRepository } from "./repository.ts";
import type { Stage } from "./stage.ts";
import { unlessNamed } from "./unless-named.ts";

/** What a deployment changes, compared with the live release or with the one that was live when it was planned. */
export interface Difference {
  live: { deployment: string; commit: string };
  /** The newest first, by first parents. */
  commits: { commit: string; title: string }[];
  /** There are more commits, or the live one is no ancestor. */
  hasMoreCommits: boolean;
  lockFiles: string[];
  /** Names only. `null` before the release has a task definition. */
  variables: { added: string[]; removed: string[]; changed: string[] } | null;
  migrations: string[];
  /** Compressed, in bytes. `null` before the image exists. */
  imageSize: { live: number; new: number } | null;
}

const maxCommits = 10;
const lockFileNames = ["package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "yarn.lock"];

/** `undefined` if there is nothing to compare with. */
export async function readDifference(
  clients: Clients,
  stage: Stage,
  item: DeploymentItem,
): Promise<Difference | undefined> {
  const previous = item.plan?.previous?.deployment;
  const live =
    (await listReleases(clients, stage)).find(({ deployment }) => deployment === previous) ??
    (await currentRelease(clients, stage));
  if (!live || live.deployment === item.deployment) return undefined;
  const repository = sourceRepository(clients, stage);
  const [history, { paths = [] }, variables, imageSize] = await Promise.all([
    commitsBetween(repository, live.commit, item.commit),
    repository.changes(live.commit, item.commit),
    changedVariables(clients, live.taskDefinitionArn, item.taskDefinition?.arn),
    imageSizes(clients, stage, [live.imageDigest, item.image?.digest]),
  ]);
  return {
    live: { deployment: live.deployment, commit: live.commit },
    ...history,
    lockFiles: paths.filter((path) => lockFileNames.includes(path.split("/").at(-1) ?? "")),
    variables,
    migrations: item.plan?.pending ?? [],
    imageSize,
  };
}

/** One line for each kind of change; the commits have one each. */
export function describeDifference(difference: Difference): string[] {
  const { live, commits, hasMoreCommits, lockFiles, variables, migrations, imageSize } = difference;
  const list = (label: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${label} ${names.join(", ")}`];
  const changes = [
    ...commits.map(({ commit, title }) => `${commit.slice(0, 8)} ${title}`),
    ...(hasMoreCommits ? ["… and earlier commits"] : []),
    ...list("dependencies changed:", lockFiles),
    ...list("migrations:", migrations),
    ...list("variables added:", variables?.added ?? []),
    ...list("variables removed:", variables?.removed ?? []),
    ...list("variables changed:", variables?.changed ?? []),
    ...(imageSize ? [`image: ${megabytes(imageSize.live)} → ${megabytes(imageSize.new)}`] : []),
  ];
  const lines = changes.length === 0 ? ["no difference: the same commit and configuration"] : changes;
  return [`Changes since the live release ${live.commit.slice(0, 8)}:`, ...lines.map((line) => `  ${line}`)];
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

export async function commitsBetween(
  repository: Pick<Repository, "commit">,
  from: string,
  to: string,
): Promise<Pick<Difference, "commits" | "hasMoreCommits">> {
  const commits: Difference["commits"] = [];
  for (let id: string | undefined = to; id !== from; ) {
    const commit: Commit | undefined =
      id === undefined || commits.length === maxCommits ? undefined : await repository.commit(id);
    if (!commit) return { commits, hasMoreCommits: true };
    commits.push({ commit: commit.id, title: shorten(oneLine(titleOf(commit.message)), 72) });
    id = commit.parent;
  }
  return { commits, hasMoreCommits: false };
}

/** Variables of a release: plain ones by value, secret ones by where their value is. */
async function changedVariables(
  { ecs }: Clients,
  before: string | undefined,
  after: string | undefined,
): Promise<Difference["variables"]> {
  if (before === undefined || after === undefined) return null;
  const [old, current] = await Promise.all([readVariables(ecs, before), readVariables(ecs, after)]);
  return old && current ? compareVariables(old, current) : null;
}

type Variables = ReadonlyMap<string, string>;

async function readVariables(ecs: Clients["ecs"], taskDefinition: string): Promise<Variables | undefined> {
  const answer = await ecs
    .send(new DescribeTaskDefinitionCommand({ taskDefinition }))
    .catch(unlessNamed("ClientException")); // pruned
  if (!answer) return undefined;
  return variablesOf(answer.taskDefinition?.containerDefinitions ?? []);
}

/** A version of the secret has all its values: which of them changed is not known without reading them. */
export function variablesOf(
  containers: readonly Pick<ContainerDefinition, "environment" | "secrets">[],
): ReadonlyMap<string, string> {
  return new Map(
    containers.flatMap(({ environment = [], secrets = [] }) => [
      ...environment.map(({ name = "", value = "" }) => [name, value] as const),
      ...secrets.flatMap(({ name = "", valueFrom = "" }) => {
        const [, reference = valueFrom, version] = /^(.*):([\w-]{32,})$/.exec(valueFrom) ?? [];
        return [
          [name, reference],
          ...(version === undefined ? [] : [["(values of the secret)", version] as const]),
        ] as const;
      }),
    ]),
  );
}

export function compareVariables(before: Variables, after: Variables): NonNullable<Difference["variables"]> {
  // Differs with every commit.
  const names = (variables: Variables) => [...variables.keys()].filter((name) => name !== "RELEASE").toSorted();
  return {
    added: names(after).filter((name) => !before.has(name)),
    removed: names(before).filter((name) => !after.has(name)),
    changed: names(after).filter((name) => before.has(name) && before.get(name) !== after.get(name)),
  };
}

async function imageSizes(
  { ecr }: Clients,
  { prefix: repositoryName }: Stage,
  digests: readonly [string, string | undefined],
): Promise<Difference["imageSize"]> {
  const [before, after] = digests;
  if (after === undefined) return null;
  const imageIds = [...new Set([before, after])].map((imageDigest) => ({ imageDigest }));
  const answer = await ecr
    .send(new DescribeImagesCommand({ repositoryName, imageIds }))
    .catch(unlessNamed("ImageNotFoundException")); // pruned
  const sizeOf = (digest: string) =>
    answer?.imageDetails?.find(({ imageDigest }) => imageDigest === digest)?.imageSizeInBytes;
  const [old, current] = [sizeOf(before), sizeOf(after)];
  return old === undefined || current === undefined ? null : { live: old, new: current };
}
