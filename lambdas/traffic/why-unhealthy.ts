import type { DeploymentRecord } from "../core/record.ts";
import type { LoggedCause } from "../release/find-cause.ts";

type Answer = NonNullable<DeploymentRecord["greenAnswer"]>;

/** Why the health check of a running task fails, by a request to it and by its log. */
export function whyUnhealthy({ observed, refusedPort }: Answer, { listening, error }: LoggedCause): string {
  if (refusedPort === undefined) return `${observed}\nFix: correct the response, or \`app.health\``;
  const says = listening && `its log says "${listening.line}"`;
  if (listening && listening.port !== refusedPort)
    return `The app listens on ${listening.port}, but PORT is ${refusedPort}: ${says}\nFix: listen on the port in the environment variable PORT`;
  if (listening?.onLoopback)
    return `The app listens on 127.0.0.1 only, where the load balancer cannot reach it: ${says}\nFix: listen on 0.0.0.0`;
  const cause = says ?? (error === undefined ? undefined : `its log says "${error}"`);
  return `Nothing listens on port ${refusedPort} of the task's address${cause === undefined ? "" : `; ${cause}`}\nFix: listen on the port in the environment variable PORT and on 0.0.0.0`;
}
