import { createHash } from "node:crypto";
import type { Cloud } from "#local/cloud/index.ts";
import { z } from "zod";
import { messageOf, StartFailure } from "../start-failure.ts";
import type { ImageReference } from "./reference.ts";

const descriptor = z.object({ digest: z.string(), size: z.number(), mediaType: z.string() });
const manifestSchema = z.object({ config: descriptor, layers: z.array(descriptor) });
const indexSchema = z.object({
  manifests: z.array(
    z.object({ digest: z.string(), platform: z.object({ os: z.string(), architecture: z.string() }).optional() }),
  ),
});
const errorSchema = z.object({ errors: z.array(z.object({ code: z.string(), message: z.string() })).min(1) });

type Descriptor = z.infer<typeof descriptor>;

export interface RemoteImage {
  /** Digest of the manifest for this machine's platform. */
  digest: string;
  config: Descriptor;
  layers: Descriptor[];
  blob(of: Descriptor): Promise<Buffer>;
}

const accepted = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
].join(", ");
const maxBlobBytes = 1024 ** 3;
const architecture = process.arch === "x64" ? "amd64" : process.arch;

/** Resolves an image at the registry over HTTP as the task's execution role, as the Fargate agent does. */
export async function findImage(
  cloud: Cloud,
  { repository, reference }: ImageReference,
  executionRoleArn: string,
): Promise<RemoteImage> {
  const authorization = await registryAuthorization(cloud, executionRoleArn);
  const get = async (path: string, limit: number): Promise<Buffer> => {
    const response = await fetch(`${cloud.endpoint}/v2/${repository}/${path}`, {
      headers: { authorization, accept: accepted },
      signal: cloud.stopping,
    });
    if (!response.ok)
      throw new StartFailure("CannotPullContainerError", await reasonOf(response, repository, reference));
    if (Number(response.headers.get("content-length")) > limit)
      throw new StartFailure("CannotPullContainerError", `${path} is larger than ${limit} bytes`);
    return Buffer.from(await response.arrayBuffer());
  };
  const manifest = async (name: string): Promise<{ digest: string; content: unknown }> => {
    const bytes = await get(`manifests/${name}`, 4 * 1024 ** 2);
    if (name.startsWith("sha256:")) verify(bytes, name);
    return { digest: digestOf(bytes), content: JSON.parse(bytes.toString("utf8")) };
  };
  const root = await manifest(reference);
  const index = indexSchema.safeParse(root.content);
  const { digest, content } = index.success ? await manifest(forThisMachine(index.data)) : root;
  const { config, layers } = manifestSchema.parse(content);
  const blob = async (of: Descriptor) => verify(await get(`blobs/${of.digest}`, maxBlobBytes), of.digest);
  return { digest, config, layers, blob };
}

async function registryAuthorization(cloud: Cloud, roleArn: string): Promise<string> {
  try {
    const { authorizationData } = await cloud.call("ecr", "getAuthorizationToken", {}, { as: { roleArn } });
    return `Basic ${authorizationData?.[0]?.authorizationToken}`;
  } catch (error) {
    const what = `unable to retrieve ecr registry auth: service call has been retried 1 time(s): ${messageOf(error)}`;
    throw new StartFailure("ResourceInitializationError", `unable to pull secrets or registry auth: ${what}`);
  }
}

function forThisMachine({ manifests }: z.infer<typeof indexSchema>): string {
  const match = manifests.find(({ platform }) => platform?.os === "linux" && platform.architecture === architecture);
  if (match) return match.digest;
  const message = `image Manifest does not contain descriptor matching platform 'linux/${architecture}'`;
  throw new StartFailure("CannotPullContainerError", message);
}

async function reasonOf(response: Response, repository: string, reference: string): Promise<string> {
  const body = errorSchema.safeParse(await response.json().catch(() => undefined));
  const reason = body.success ? (body.data.errors[0]?.message ?? "") : `status ${response.status}`;
  return `pull image manifest has been retried 1 time(s): failed to resolve ref ${repository}:${reference}: ${reason}`;
}

function verify(bytes: Buffer, digest: string): Buffer {
  if (digestOf(bytes) === digest) return bytes;
  throw new StartFailure("CannotPullContainerError", `digest mismatch: expected ${digest}, got ${digestOf(bytes)}`);
}

const digestOf = (bytes: Uint8Array) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
