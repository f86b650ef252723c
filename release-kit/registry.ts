import { ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import { ReleaseKitError } from "./errors.ts";
import { patiently } from "./patiently.ts";

/** The account's image registry, logged in to. */
export interface RegistryAccess {
  /** e.g. `https://123456789012.dkr.ecr.eu-central-1.amazonaws.com/v2/` */
  baseUrl: string;
  host: string;
  authorization: string;
}

/** Address, scheme and password all come from ECR: whoever runs the registry decides them. */
export async function logIn(): Promise<RegistryAccess> {
  const client = new ECRClient({});
  const { authorizationData = [] } = await patiently(() => client.send(new GetAuthorizationTokenCommand()));
  const { authorizationToken, proxyEndpoint } = authorizationData[0] ?? {};
  if (authorizationToken === undefined || proxyEndpoint === undefined)
    throw new ReleaseKitError("ECR gave no authorization token");
  const { host } = new URL(proxyEndpoint);
  return { baseUrl: `${proxyEndpoint}/v2/`, host, authorization: `Basic ${authorizationToken}` };
}

/** Path of an image in the registry, from its full name. An image elsewhere has to come through a pull-through cache. */
export function pathInRegistry(name: string, { host }: RegistryAccess): string {
  const [first = "", ...rest] = name.split("/");
  const isAddress = /[.:]/.test(first) && rest.length > 0;
  if (!isAddress) return name;
  if (first !== host && !/^\d+\.dkr\.ecr\./.test(first))
    throw new ReleaseKitError(
      `${name} is not in the account's registry (${host}); take it through a pull-through cache`,
    );
  return rest.join("/");
}

/** Digest behind a tag; undefined when there is no such image. */
export async function digestOf(
  { baseUrl, authorization }: RegistryAccess,
  path: string,
  tag: string,
): Promise<string | undefined> {
  const accept = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
  const answer = await fetch(`${baseUrl}${path}/manifests/${tag}`, {
    method: "HEAD",
    headers: { authorization, accept },
  });
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`HTTP status ${answer.status} when asking the registry for ${path}:${tag}`);
  return answer.headers.get("docker-content-digest") ?? undefined;
}
