import type { IncomingMessage, ServerResponse } from "node:http";
import type { Principal } from "#local/cloud/index.ts";
import { createBlobRoutes } from "./blob-routes.ts";
import { RegistryError } from "./errors.ts";
import { createManifestRoutes } from "./manifest-routes.ts";
import { denyAs, sendJson, type RegistryParts, type RegistryRoute } from "./registry-parts.ts";
import { createUploadRoutes } from "./upload-routes.ts";

const name = "[a-z0-9]+(?:[._/-]+[a-z0-9]+)*";

/** The doors of the OCI distribution protocol: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints */
export function createRegistry(parts: RegistryParts) {
  const { cloud } = parts;
  const blobs = createBlobRoutes(parts);
  const uploads = createUploadRoutes(parts);
  const manifests = createManifestRoutes(parts);
  const routes: [RegExp, Readonly<Record<string, RegistryRoute>>][] = [
    [new RegExp(`^/v2/(${name})/blobs/uploads/?()$`), { POST: uploads.begin }],
    [
      new RegExp(`^/v2/(${name})/blobs/uploads/([0-9a-f-]+)$`),
      { PATCH: uploads.append, PUT: uploads.complete, GET: uploads.progress, DELETE: uploads.abandon },
    ],
    [new RegExp(`^/v2/(${name})/blobs/([^/]+)$`), { GET: blobs.read, HEAD: blobs.head }],
    [
      new RegExp(`^/v2/(${name})/manifests/([^/]+)$`),
      { GET: manifests.read, HEAD: manifests.read, PUT: manifests.put, DELETE: manifests.remove },
    ],
    [new RegExp(`^/v2/(${name})/tags/list()$`), { GET: manifests.tags }],
  ];

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const principal = authenticate(parts, request);
    const url = new URL(request.url ?? "/", cloud.endpoint);
    if (/^\/v2\/?$/.test(url.pathname)) return sendJson(response, 200, {});
    const path = url.pathname.replaceAll(/%3A/gi, ":"); // of a digest; nothing else in these paths needs escaping
    for (const [pattern, methods] of routes) {
      const match = pattern.exec(path);
      const route = methods[request.method ?? ""];
      if (!match || !route) continue;
      const [, repository = "", reference = ""] = match;
      const resources = [cloud.arn("ecr", `repository/${repository}`)];
      const allow = (...actions: string[]) => {
        for (const action of actions) cloud.authorize(principal, { action: `ecr:${action}`, resources });
      };
      return await denyAs(async () =>
        route({ request, response, repository, reference, query: url.searchParams, allow, principal }),
      );
    }
    throw new RegistryError("UNSUPPORTED", `${request.method} ${url.pathname} is not supported by this registry.`);
  };

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.setHeader("Docker-Distribution-Api-Version", "registry/2.0");
    try {
      await answer(request, response);
    } catch (error) {
      if (!(error instanceof RegistryError) || response.headersSent) throw error;
      if (error.code === "UNAUTHORIZED")
        response.setHeader("WWW-Authenticate", `Basic realm="${cloud.endpoint}/",service="ecr.amazonaws.com"`);
      // What was not read of the request would be taken for the next one on this connection.
      if (!request.complete) response.setHeader("Connection", "close");
      response.writeHead(error.status, { "Content-Type": "application/json; charset=utf-8" });
      response.end(request.method === "HEAD" ? undefined : error.body);
    }
  };
}

/** Docker's way in: user `AWS`, password from GetAuthorizationToken. */
function authenticate({ cloud, store }: RegistryParts, { headers }: IncomingMessage): Principal {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(headers.authorization ?? "") ?? [];
  if (encoded === undefined) throw new RegistryError("UNAUTHORIZED", "Not Authorized");
  const [, token] = /^AWS:(.+)$/.exec(Buffer.from(encoded, "base64").toString("utf8")) ?? [];
  const principal = token === undefined ? undefined : cloud.redeemToken(token);
  if (!principal)
    throw new RegistryError("DENIED", "Your authorization token is invalid. Run GetAuthorizationToken for a new one.");
  if ((store.tokens.get(principal.arn) ?? 0) < cloud.clock.now())
    throw new RegistryError("DENIED", "Your authorization token has expired. Reauthenticate and try again.");
  return principal;
}
