import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import layerCreator from "containerify/lib/appLayerCreator.js";
import { createRegistry } from "containerify/lib/registry.js";
import { InsecureRegistrySupport, type Manifest, type Options } from "containerify/lib/types.js";
import { getPreferredPlatform } from "containerify/lib/utils.js";
import { ReleaseKitError } from "./errors.ts";
import { workingDirectory, type ImageContent } from "./image-content.ts";
import { patiently } from "./patiently.ts";
import { digestOf, pathInRegistry, type RegistryAccess } from "./registry.ts";

export interface ImageRequest {
  directory: string;
  content: ImageContent;
  baseImage: string;
  /** e.g. `<registry>/shop` */
  repositoryUri: string;
  startCommand: readonly string[];
  commit: string;
  committedAt: Date;
  /** Tells apart images of one commit, should a build not give the same twice. */
  buildNumber: string;
}

export interface PublishedImage {
  digest: string;
  /** `<repository>@<digest>` */
  uri: string;
}

// Dependencies have one date for ever, so that their layer is the same for every commit that has the same ones.
const dependenciesDate = new Date("2000-01-01T00:00:00Z");
const insecure = InsecureRegistrySupport.NO;

/** Builds the image of a commit and pushes it, by the commit's id as its tag. What the registry has already is not sent again. */
export async function publishImage(request: ImageRequest, registry: RegistryAccess): Promise<PublishedImage> {
  const workspace = mkdtempSync(path.join(tmpdir(), "release-kit-"));
  try {
    const base = await patiently(() => downloadBase(request.baseImage, registry, workspace));
    const { directory, digest } = await addLayers(request, workspace);
    await patiently(() => push(request, registry, { directory, digest, base }));
    return { digest, uri: `${request.repositoryUri}@${digest}` };
  } finally {
    rmSync(workspace, { recursive: true, force: true });
  }
}

async function downloadBase(baseImage: string, access: RegistryAccess, workspace: string): Promise<Manifest> {
  const image = pathInRegistry(baseImage, access);
  if (image.includes("@"))
    throw new ReleaseKitError(`BASE_IMAGE: ${baseImage} must be named by a tag, not by a digest`);
  const registry = await createRegistry(access.baseUrl, image, insecure, access.authorization);
  const folder = emptyFolder(workspace, "base");
  const manifest = await registry.download(image, folder, getPreferredPlatform());
  dropCommand(path.join(folder, "config.json"));
  return manifest;
}

/** The command of the base image would be appended to our entry point. A Dockerfile's ENTRYPOINT drops it too. */
function dropCommand(configFile: string): void {
  const { config, ...rest } = JSON.parse(readFileSync(configFile, "utf8")) as { config?: Record<string, unknown> }; // an image configuration is an object by specification
  const { Cmd: _dropped, ...kept } = config ?? {};
  writeFileSync(configFile, JSON.stringify({ ...rest, config: kept }));
}

async function addLayers(request: ImageRequest, workspace: string): Promise<{ directory: string; digest: string }> {
  const { content, directory, committedAt, startCommand } = request;
  const run = { workdir: workingDirectory, entrypoint: quoted(startCommand), user: "1000" };
  const common = { ...withoutEffect, folder: directory };
  const dependencies = { ...common, customContent: content.dependencies, setTimeStamp: dependenciesDate.toISOString() };
  const app = { ...common, customContent: content.app, setTimeStamp: committedAt.toISOString(), nonDefaults: run };
  let from = path.join(workspace, "base");
  if (Object.keys(content.dependencies).length > 0) {
    const target = emptyFolder(workspace, "dependencies");
    await layerCreator.default.addLayers(workspace, from, target, dependencies);
    nameConfiguration(target);
    from = target;
  }
  const target = emptyFolder(workspace, "image");
  const { digest } = await layerCreator.default.addLayers(workspace, from, target, app);
  return { directory: target, digest };
}

// containerify wants all of its options; these are the ones of no concern here.
const withoutEffect: Options = {
  fromImage: "",
  toImage: "",
  folder: "",
  doCrossMount: false,
  platform: "",
  user: "",
  workdir: workingDirectory,
  entrypoint: "",
  labels: {},
  envs: [],
  additionalTags: [],
  customContent: {},
  extraContent: {},
  nonDefaults: {},
};

/** containerify takes a command line apart at quotes and blanks. */
function quoted(command: readonly string[]): string {
  const odd = command.find((part) => part === "" || part.includes('"'));
  if (odd !== undefined) throw new ReleaseKitError(`START_COMMAND: ${JSON.stringify(odd)} cannot be part of a command`);
  return command.map((part) => `"${part}"`).join(" ");
}

/** Makes the outcome of one round the input of the next. */
function nameConfiguration(folder: string): void {
  const manifest = JSON.parse(readFileSync(path.join(folder, "manifest.json"), "utf8")) as Manifest; // containerify's own file
  const [, hash = ""] = manifest.config.digest.split(":");
  copyFileSync(path.join(folder, `${hash}.json`), path.join(folder, "config.json"));
}

interface BuiltImage {
  directory: string;
  digest: string;
  base: Manifest;
}

async function push(
  { repositoryUri, commit, buildNumber }: ImageRequest,
  access: RegistryAccess,
  { directory, digest, base }: BuiltImage,
): Promise<void> {
  const repository = pathInRegistry(repositoryUri, access);
  const existing = await digestOf(access, repository, commit);
  if (existing === digest) return console.log(`The image of ${commit} is in the registry already`);
  if (existing !== undefined)
    console.log(
      `Another image of ${commit} is in the registry (${existing}): this build does not give the same twice.`,
    );
  const image = `${repository}:${existing === undefined ? commit : `${commit}-${buildNumber}`}`;
  const registry = await createRegistry(access.baseUrl, image, insecure, access.authorization);
  await registry.upload(image, directory, false, base, "");
}

function emptyFolder(workspace: string, name: string): string {
  const folder = path.join(workspace, name);
  if (existsSync(folder)) rmSync(folder, { recursive: true });
  mkdirSync(folder);
  return folder;
}
