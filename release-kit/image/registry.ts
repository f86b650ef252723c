import { ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import { ReleaseKitError } from "../errors.ts";
import { type Manifest, manifestType, readManifest } from "./manifest.ts";
import { RegistryFailed, withRetries } from "./with-retries.ts";

/** The image registry of the account, with credentials. */
export interface RegistryAccess {
  /** e.g. `https://123456789012.dkr.ecr.eu-central-1.amazonaws.com/v2/` */
  readonly baseUrl: string;
  readonly host: string;
  readonly authorization: string;
}

interface Blob {
  readonly digest: string;
  /** Called again when an upload is repeated. */
  readonly body: () => Promise<NonNullable<RequestInit["body"]>>;
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

/** One repository of the registry: https://github.com/opencontainers/distribution-spec/blob/main/spec.md */
export class Repository {
  readonly name: string;
  readonly #access: RegistryAccess;

  constructor(name: string, access: RegistryAccess) {
    this.name = name;
    this.#access = access;
  }

  /** Digest of a tag; undefined when the image does not exist. */
  async digestOf(tag: string): Promise<string | undefined> {
    const response = await this.#request(`manifests/${tag}`, { method: "HEAD", headers: { accept: manifestType.any } });
    return response?.headers.get("docker-content-digest") ?? undefined;
  }

  async manifest(reference: string): Promise<Manifest | undefined> {
    const response = await this.#request(`manifests/${reference}`, { headers: { accept: manifestType.any } });
    return response && readManifest(await response.json(), `${this.name}:${reference}`);
  }

  async json(digest: string): Promise<unknown> {
    return (await this.#blob(digest)).json();
  }

  async putManifest(tag: string, manifest: string): Promise<void> {
    const headers = { "content-type": manifestType.image };
    await this.#request(`manifests/${tag}`, { method: "PUT", headers, body: manifest });
  }

  /** Sends a blob, unless the repository has it. */
  async upload({ digest, body }: Blob): Promise<void> {
    if (await this.#has(digest)) return;
    await withRetries(async () => this.#send(await this.#begin("blobs/uploads/"), digest, await body()));
  }

  /** Copies a blob from another repository, within the registry if it allows that (a setting of ECR). */
  async copy(digest: string, from: Repository): Promise<void> {
    if (await this.#has(digest)) return;
    const mount = `blobs/uploads/?${new URLSearchParams({ mount: digest, from: from.name }).toString()}`;
    await withRetries(async () => {
      const place = await this.#begin(mount);
      if (place) await this.#send(place, digest, (await from.#blob(digest)).body ?? "");
    });
  }

  async #has(digest: string): Promise<boolean> {
    return (await this.#request(`blobs/${digest}`, { method: "HEAD" })) !== undefined;
  }

  async #blob(digest: string): Promise<Response> {
    const response = await this.#request(`blobs/${digest}`);
    if (response) return response;
    throw new RegistryFailed(404, `${this.name} has no blob ${digest}`);
  }

  /** Where to send the blob; undefined if it is there already. */
  async #begin(where: string): Promise<URL | undefined> {
    const response = await this.#fetch(new URL(`${this.name}/${where}`, this.#access.baseUrl), { method: "POST" });
    return response.status === 201 ? undefined : locationOf(response);
  }

  // In two requests, as Docker and crane do: ECR does not accept a blob in one.
  async #send(place: URL | undefined, digest: string, body: NonNullable<RequestInit["body"]>): Promise<void> {
    if (!place) return;
    const headers = { "content-type": "application/octet-stream" };
    const sent = await this.#fetch(place, { method: "PATCH", headers, body, duplex: "half" });
    const end = locationOf(sent);
    end.searchParams.set("digest", digest);
    await this.#fetch(end, { method: "PUT" });
  }

  /** Undefined for status 404. */
  async #request(where: string, init: RequestInit = {}): Promise<Response | undefined> {
    try {
      return await withRetries(() => this.#fetch(new URL(`${this.name}/${where}`, this.#access.baseUrl), init));
    } catch (error) {
      if (error instanceof RegistryFailed && error.status === 404) return undefined;
      throw error;
    }
  }

  async #fetch(url: URL, init: RequestInit): Promise<Response> {
    // A redirect to another host, such as to S3, does not get the password.
    const headers = new Headers(init.headers);
    headers.set("authorization", this.#access.authorization);
    const response = await fetch(url, { ...init, headers });
    if (response.ok) return response;
    const reason = (await response.text()).slice(0, 500);
    throw new RegistryFailed(
      response.status,
      `HTTP status ${response.status} from the registry for ${init.method ?? "GET"} ${url.pathname}: ${reason}`,
    );
  }
}

function locationOf(response: Response): URL {
  const location = response.headers.get("location");
  if (location === null)
    throw new RegistryFailed(response.status, `${response.url} returned no location for the upload`);
  return new URL(location, response.url);
}
