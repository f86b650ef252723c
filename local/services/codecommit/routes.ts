import type { IncomingMessage, ServerResponse } from "node:http";
import type { Cloud, Principal } from "#local/cloud/index.ts";
import { readGitRequest, readPassword, refuseGit, serveBackend } from "#local/git/index.ts";
import type { Deps } from "./deps.ts";

/** git's smart HTTP protocol under CodeCommit's own path, `/v1/repos/<name>`; the password is a token that the cloud issued. */
export function createGitRoute({ cloud, store, engine }: Deps) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refuse = (status: number, message: string) => refuseGit(response, { status, message, realm: "CodeCommit" });
    const gitRequest = readGitRequest(request);
    const name = /^\/v1\/repos\/([\w.-]+)$/.exec(gitRequest?.repository ?? "")?.[1];
    if (!gitRequest || name === undefined) return refuse(404, "CodeCommit does not support this git request.");
    const password = readPassword(request);
    if (password === undefined) return refuse(401, "Credentials are required.");
    const principal = cloud.redeemToken(password);
    if (!principal) return refuse(403, "The token is not valid.");
    const action = gitRequest.writes ? "codecommit:GitPush" : "codecommit:GitPull";
    const denied = deny(cloud, principal, { action, arn: engine.arnOf({ name }) });
    if (denied !== undefined) return refuse(403, denied);
    const repository = store.repositories.get(name);
    if (!repository) return refuse(404, `Repository ${name} does not exist.`);
    const serve = () => serveBackend({ request, response }, engine.directoryOf(repository), gitRequest);
    if (gitRequest.resource !== "/git-receive-pack") await serve();
    else await engine.push(repository, serve, principal.arn);
    // Only after the events are on the bus: then a push has succeeded.
    response.end();
  };
}

function deny(cloud: Cloud, principal: Principal, { action, arn }: { action: string; arn: string }) {
  try {
    cloud.authorize(principal, { action, resources: [arn] });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
