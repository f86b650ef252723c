import path from "node:path";
import { observe, type Observation } from "./observation.ts";
import type { Source } from "./source/sources.ts";
import { foldersUpwards } from "./package-manager.ts";
import type { Repository } from "./repository.ts";

/** By preference: those that check dependencies before those that only say that the process runs. */
const names = [
  "health",
  "healthz",
  "healthcheck",
  "health-check",
  "readyz",
  "ready",
  "readiness",
  "status",
  "up",
  "ping",
  "heartbeat",
  "alive",
  "livez",
  "live",
  "liveness",
];
const prefixes = /^\/(api\/|v\d+\/|_|-\/|internal\/)*/;

/** Undefined if no route looks like a health check. */
export function findHealthPath(
  repository: Repository,
  root: string,
  sources: readonly Source[],
): Observation<string> | undefined {
  const prefix = sources.find((source) => source.prefix !== undefined)?.prefix;
  const registered = sources.flatMap(({ file, routes }) =>
    routes.map((route) => ({
      path: prefix === undefined ? route.path : path.posix.join("/", prefix, route.path),
      evidence: `${file}:${route.line}`,
    })),
  );
  const compared = sources.flatMap(({ file, paths }) =>
    paths.map((route) => ({ path: route.path, evidence: `${file}:${route.line}` })),
  );
  for (const [candidates, reason] of [
    [[...registered, ...fileRoutes(repository, root)], "the route exists"],
    [compared, "the path is in the source code"],
  ] as const) {
    const [best] = candidates.filter(({ path }) => rank(path) >= 0).toSorted((a, b) => rank(a.path) - rank(b.path));
    if (best) return observe(best.path, best.evidence, reason);
  }
  return undefined;
}

const rank = (route: string) => names.indexOf(route.replace(prefixes, "").replace(/\/$/, ""));

/** Where frameworks route by file: Next.js (app and pages), SvelteKit, Nuxt. */
const conventions: readonly RegExp[] = [
  /^(?:src\/)?app\/(.+)\/route\.[jt]sx?$/,
  /^(?:src\/)?pages\/(api\/.+?)(?:\/index)?\.[jt]sx?$/,
  /^src\/routes\/(.+)\/\+server\.[jt]s$/,
  /^server\/(api\/.+?)(?:\.get)?\.[jt]s$/,
  /^server\/routes\/(.+?)(?:\.get)?\.[jt]s$/,
];

function fileRoutes(repository: Repository, root: string) {
  return repository.files
    .filter((file) => foldersUpwards(path.posix.dirname(file)).includes(root))
    .flatMap((file) => {
      const local = path.posix.relative(root, file);
      const route = conventions.map((pattern) => pattern.exec(local)?.[1]).find((match) => match !== undefined);
      return route === undefined ? [] : [{ path: `/${route.replaceAll(/\([^/]*\)\//g, "")}`, evidence: file }];
    });
}
