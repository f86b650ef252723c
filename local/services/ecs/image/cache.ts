import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";
import type { Cloud } from "#local/cloud/index.ts";
import { z } from "zod";
import { messageOf, StartFailure } from "../start-failure.ts";
import { parseImage } from "./reference.ts";
import { findImage, type RemoteImage } from "./registry-client.ts";
import { makeDirectory, unpackLayer } from "./unpack-layer.ts";

const strings = z.array(z.string()).nullish();
const configSchema = z.object({
  config: z.object({ Env: strings, Entrypoint: strings, Cmd: strings, WorkingDir: z.string().nullish() }).nullish(),
});

/** An image whose files are unpacked on this machine, read-only and shared by the tasks that use it. */
export interface UnpackedImage {
  digest: string;
  root: string;
  env: string[];
  entryPoint: string[];
  command: string[];
  workingDirectory: string;
}

export interface ImageCache {
  /** Resolves the image at the registry each time, as Fargate does, and downloads it if it is not cached. */
  pull(image: string, executionRoleArn: string): Promise<UnpackedImage>;
  /** Deletes the images whose digest is not in `used`, except the most recently pulled. */
  prune(used: ReadonlySet<string>): void;
}

const limits = { bytes: 2 * 1024 ** 3, entries: 500_000 };
const keptImages = 4;
const keptBases = 4;

export function openImageCache(cloud: Cloud): ImageCache {
  const directory = path.join(cloud.directory("ecs"), "images");
  const bases = openBaseCache(cloud);
  const folderOf = (digest: string) => path.join(directory, digest.replace("sha256:", ""));
  const unpacking = new Map<string, Promise<void>>();

  const ensure = (image: RemoteImage): Promise<void> => {
    const { digest } = image;
    const running = unpacking.get(digest);
    if (running || existsSync(folderOf(digest))) return running ?? Promise.resolve();
    const unpacked = unpack(image, bases, folderOf(digest));
    unpacking.set(digest, unpacked);
    return unpacked.finally(() => unpacking.delete(digest));
  };
  return {
    async pull(name, executionRoleArn) {
      const image = await findImage(cloud, parseImage(name, cloud), executionRoleArn);
      await ensure(image);
      utimesSync(folderOf(image.digest), new Date(), new Date()); // prune keeps the most recently pulled
      return read(folderOf(image.digest), image.digest);
    },
    prune(used) {
      if (!existsSync(directory)) return;
      const folders = readdirSync(directory).map((name) => path.join(directory, name));
      const isUnpacking = (folder: string) =>
        [...unpacking.keys()].some((digest) => folder.startsWith(folderOf(digest)));
      const candidates = folders.filter((folder) => !isUnpacking(folder) && ![...used].map(folderOf).includes(folder));
      const byAge = candidates.toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
      const complete = byAge.filter((folder) => !folder.endsWith(".new"));
      for (const folder of byAge.filter((folder) => !complete.slice(0, keptImages).includes(folder)))
        removeTree(folder);
    },
  };
}

async function unpack(image: RemoteImage, bases: BaseCache, folder: string): Promise<void> {
  const temporary = `${folder}.${randomBytes(4).toString("hex")}.new`;
  const root = path.join(temporary, "root");
  try {
    const below = sharedLayers(image.layers);
    await mkdir(temporary, { recursive: true, mode: 0o700 });
    if (below.length > 0) await linkTree(await bases.provide(image, below), root);
    else await mkdir(root, { mode: 0o700 });
    await unpackLayers(image, image.layers.slice(below.length), root);
    const config = await image.blob(image.config);
    const { config: run } = configSchema.parse(JSON.parse(config.toString("utf8")));
    makeDirectory(root, (run?.WorkingDir ?? "").replace(/^\/+|\/+$/g, ""), new Set()); // as container runtimes do
    await writeFile(path.join(temporary, "config.json"), config, { mode: 0o400 });
    chmodDirectories(root, 0o500);
    renameSync(temporary, folder);
  } catch (error) {
    removeTree(temporary);
    if (error instanceof StartFailure) throw error;
    throw new StartFailure("CannotPullContainerError", `failed to extract the image: ${messageOf(error)}`);
  }
}

async function unpackLayers(image: RemoteImage, layers: RemoteImage["layers"], root: string): Promise<void> {
  let left = limits.bytes;
  for (const layer of layers) {
    const archive = await decompress(await image.blob(layer), left);
    left -= archive.length;
    await unpackLayer(archive, root, limits);
  }
}

/** Files are read-only and never changed in place, so that trees may share them. */
const linkTree = (from: string, to: string) => promisify(execFile)("cp", ["--archive", "--link", from, to]);

/** Up to the largest layer, which is that of the dependencies; layers of the app and its assets differ from release to release. */
function sharedLayers(layers: RemoteImage["layers"]): RemoteImage["layers"] {
  const largest = Math.max(...layers.map(({ size }) => size));
  return layers.slice(0, Math.min(layers.findIndex(({ size }) => size === largest) + 1, layers.length - 1));
}

/** The first layers of images, unpacked: releases with the same dependencies share them. */
interface BaseCache {
  provide(image: RemoteImage, layers: RemoteImage["layers"]): Promise<string>;
}

function openBaseCache(cloud: Cloud): BaseCache {
  const directory = path.join(cloud.directory("ecs"), "bases");
  const unpacking = new Map<string, Promise<void>>();
  const create = async (image: RemoteImage, layers: RemoteImage["layers"], folder: string) => {
    const temporary = `${folder}.${cloud.ids.hex(8)}.new`;
    await mkdir(temporary, { recursive: true, mode: 0o700 });
    await unpackLayers(image, layers, temporary);
    renameSync(temporary, folder);
    prune();
  };
  const prune = () => {
    const folders = readdirSync(directory).map((name) => path.join(directory, name));
    const isBusy = (folder: string) => [...unpacking.keys()].some((key) => folder.startsWith(key));
    const old = folders.toSorted((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs).slice(keptBases);
    for (const folder of old.filter((each) => !isBusy(each))) rmSync(folder, { recursive: true, force: true });
  };
  return {
    async provide(image, layers) {
      const chain = layers.map(({ digest }) => digest).join(" ");
      const folder = path.join(directory, createHash("sha256").update(chain).digest("hex"));
      if (!existsSync(folder)) {
        const running = unpacking.get(folder) ?? create(image, layers, folder);
        unpacking.set(folder, running);
        await running.finally(() => unpacking.delete(folder));
      }
      utimesSync(folder, new Date(), new Date());
      return folder;
    },
  };
}

async function decompress(layer: Buffer, maxOutputLength: number): Promise<Buffer> {
  const magic = layer.readUInt32BE(0);
  if (magic >>> 16 === 0x1f8b) return promisify(gunzip)(layer, { maxOutputLength });
  if (magic === 0x28b52ffd) return promisify(zstdDecompress)(layer, { maxOutputLength });
  return layer;
}

function read(folder: string, digest: string): UnpackedImage {
  const { config } = configSchema.parse(JSON.parse(readFileSync(path.join(folder, "config.json"), "utf8")));
  return {
    digest,
    root: path.join(folder, "root"),
    env: config?.Env ?? [],
    entryPoint: config?.Entrypoint ?? [],
    command: config?.Cmd ?? [],
    workingDirectory: config?.WorkingDir ?? "",
  };
}

function chmodDirectories(directory: string, mode: number): void {
  chmodSync(directory, 0o700); // readdir needs it, whatever the mode was or becomes
  for (const entry of readdirSync(directory, { withFileTypes: true }))
    if (entry.isDirectory()) chmodDirectories(path.join(directory, entry.name), mode);
  chmodSync(directory, mode);
}

function removeTree(folder: string): void {
  const root = path.join(folder, "root");
  if (existsSync(root)) chmodDirectories(root, 0o700);
  rmSync(folder, { recursive: true, force: true });
}
