import type { IncomingMessage, ServerResponse } from "node:http";
import type { Principal } from "#local/cloud/index.ts";
import { createBlobRoutes } from "./blob-routes.ts";
import type { Deps } from "../deps.ts";
import { RegistryError } from "./error.ts";
import { createManifestRoutes } from "./manifest-routes.ts";
import { denyAs, sendJson, type RegistryRoute } from "./exchange.ts";
import { createReferrersRoute } from "./referrers-route.ts";
import { createUploadRoutes } from "./upload-routes.ts";

const name = "[a-z0-9]+(?:[._/-]+[a-z0-9]+)*";

/** The endpoints of the OCI distribution protocol: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints */
export function createRegistry(deps: Deps) {
  const { cloud } = deps;
  const blobs = createBlobRoutes(deps);
  const uploads = createUploadRoutes(deps);
  const manifests = createManifestRoutes(deps);
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
    [new RegExp(`^/v2/(${name})/referrers/([^/]+)$`), { GET: createReferrersRoute(deps) }],
    [new RegExp(`^/v2/(${name})/tags/list()$`), { GET: manifests.tags }],
  ];

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const principal = authenticate(deps, request);
    const url = new URL(request.url ?? "/", cloud.endpoint);
    if (/^\/v2\/?$/.test(url.pathname)) return sendJson(response, 200, {});
    const path = url.pathname.replaceAll(/%3A/gi, ":"); // in a digest; nothing else in these paths is escaped
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
      await handle(request, response);
    } catch (error) {
      if (!(error instanceof RegistryError) || response.headersSent) throw error;
      if (error.code === "UNAUTHORIZED")
        response.setHeader("WWW-Authenticate", `Basic realm="${cloud.endpoint}/",service="ecr.amazonaws.com"`);
      // The unread rest of the body would be parsed as the next request on this connection.
      if (!request.complete) response.setHeader("Connection", "close");
      response.writeHead(error.status, { "Content-Type": "application/json; charset=utf-8" });
      response.end(request.method === "HEAD" ? undefined : error.body);
    }
  };
}

/** As Docker logs in: user `AWS`, password from GetAuthorizationToken. */
function authenticate({ cloud, store }: Deps, { headers }: IncomingMessage): Principal {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(headers.authorization ?? "") ?? [];
  if (encoded === undefined) throw new RegistryError("UNAUTHORIZED", "Not Authorized");
  const [, token] = /^AWS:(.+)$/.exec(Buffer.from(encoded, "base64").toString("utf8")) ?? [];
  const principal = token === undefined ? undefined : cloud.redeemToken(token);
  if (!principal)
    throw new RegistryError(
      "DENIED",
      "Your authorization token is invalid. Fix: get a new one with GetAuthorizationToken.",
    );
  if ((store.tokens.get(principal.arn) ?? 0) < cloud.clock.now())
    throw new RegistryError("DENIED", "Your authorization token has expired. Reauthenticate and try again.");
  return principal;
}
