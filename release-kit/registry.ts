import { ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import { ReleaseKitError } from "./errors.ts";
import { withRetries } from "./with-retries.ts";

/** The image registry of the account, with credentials. */
export interface RegistryAccess {
  /** e.g. `https://123456789012.dkr.ecr.eu-central-1.amazonaws.com/v2/` */
  baseUrl: string;
  host: string;
  authorization: string;
}

/** Address, scheme and password all come from ECR, so that the local registry needs no special case. */
export async function logIn(): Promise<RegistryAccess> {
  const client = new ECRClient({});
  const { authorizationData = [] } = await withRetries(() => client.send(new GetAuthorizationTokenCommand()));
  const { authorizationToken, proxyEndpoint } = authorizationData[0] ?? {};
  if (authorizationToken === undefined || proxyEndpoint === undefined)
    throw new ReleaseKitError(
      "ECR returned no authorization token. Fix: check that the role of the build allows ecr:GetAuthorizationToken.",
    );
  const { host } = new URL(proxyEndpoint);
  return { baseUrl: `${proxyEndpoint}/v2/`, host, authorization: `Basic ${authorizationToken}` };
}

/** Path of an image in the registry, from its full name. Images of other registries need a pull-through cache. */
export function pathInRegistry(name: string, { host }: RegistryAccess): string {
  const [first = "", ...rest] = name.split("/");
  const isAddress = /[.:]/.test(first) && rest.length > 0;
  if (!isAddress) return name;
  if (first !== host && !/^\d+\.dkr\.ecr\./.test(first))
    throw new ReleaseKitError(
      `${name} is not in the registry of the account (${host}). Fix: use the name that it has in a pull-through cache rule.`,
    );
  return rest.join("/");
}

/** Digest of a tag; undefined when the image does not exist. */
export async function digestOf(
  { baseUrl, authorization }: RegistryAccess,
  path: string,
  tag: string,
): Promise<string | undefined> {
  const accept = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
  const response = await fetch(`${baseUrl}${path}/manifests/${tag}`, {
    method: "HEAD",
    headers: { authorization, accept },
  });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`HTTP status ${response.status} from the registry for ${path}:${tag}`);
  return response.headers.get("docker-content-digest") ?? undefined;
}
