import { openAsBlob } from "node:fs";
import path from "node:path";
import { createHash } from "node:crypto";
import type { LayerContent } from "./archive.ts";
import { diffIdOf, type Layer, writeLayer } from "./layer.ts";
import { configType, layerType, manifestType } from "./manifest.ts";
import type { Repository } from "./registry.ts";
import { RegistryFailed } from "./with-retries.ts";

/**
 * The layer of the dependencies, from the registry if an earlier build has pushed the same files.
 * An image with only this layer has the digest of its files as its tag, `deps-<hash>`: a lock file alone would not do,
 * because builds generate code in node_modules. The function prune keeps these images while builds read them.
 */
export async function publishDependencies(
  repository: Repository,
  content: LayerContent,
  folder: string,
): Promise<Layer> {
  const files = content.entries.length;
  const diffId = diffIdOf(content);
  const tag = `deps-${diffId.slice("sha256:".length)}`;
  const existing = await repository.manifest(tag);
  const layer = existing && "layers" in existing ? existing.layers[0] : undefined;
  if (layer) {
    console.log(`Dependencies: ${files} files, unchanged since an earlier build, already in the registry`);
    return { digest: layer.digest, size: layer.size, diffId };
  }
  const written = await writeLayer(content, path.join(folder, "dependencies.tar.gz"));
  console.log(`Dependencies: ${files} files, ${Math.ceil(written.size / 1e6)} MB compressed, new to the registry`);
  await repository.upload({ digest: written.digest, body: () => openAsBlob(written.file) });
  await remember(repository, tag, written);
  return written;
}

async function remember(repository: Repository, tag: string, { digest, diffId, size }: Layer): Promise<void> {
  const architecture = process.arch === "x64" ? "amd64" : process.arch;
  const config = JSON.stringify({ architecture, os: "linux", rootfs: { type: "layers", diff_ids: [diffId] } });
  const hash = `sha256:${createHash("sha256").update(config).digest("hex")}`;
  await repository.upload({ digest: hash, body: async () => config });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: manifestType.image,
    config: { mediaType: configType, digest: hash, size: Buffer.byteLength(config) },
    layers: [{ mediaType: layerType, digest, size }],
  });
  await repository.putManifest(tag, manifest).catch((error: unknown) => {
    // A build at the same time has pushed the same files, compressed by another version of Node.js.
    if (!(error instanceof RegistryFailed && /immutable/.test(error.message))) throw error;
  });
}
