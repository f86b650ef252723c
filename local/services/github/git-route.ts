import type { IncomingMessage, ServerResponse } from "node:http";
import { readGitRequest, readPassword, refuseGit, serveBackend } from "#local/git/index.ts";
import type { Deps } from "./deps.ts";

/** git over HTTP, `/github/<owner>/<name>[.git]`. The password is a token: root's, or, to read, that of a connection of CodeBuild. */
export function createGitRoute({ cloud, store, repositories }: Deps) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refuse = (status: number, message: string) => refuseGit(response, { status, message, realm: "GitHub" });
    const gitRequest = readGitRequest(request);
    const fullName = /^\/github\/([\w.-]+\/[\w.-]+?)(?:\.git)?$/.exec(gitRequest?.repository ?? "")?.[1];
    if (!gitRequest || fullName === undefined) return refuse(404, "Not Found");
    const password = readPassword(request);
    if (password === undefined) return refuse(401, "Authentication failed");
    const principal = cloud.redeemToken(password);
    const isConnection = principal?.kind === "service" && principal.service === "codebuild";
    if (principal?.kind !== "root" && !isConnection) return refuse(401, "Invalid username or token.");
    const repository = store.repositories.get(fullName.toLowerCase());
    if (!repository) return refuse(404, "Repository not found.");
    if (gitRequest.writes && isConnection) return refuse(403, "Write access to repository not granted.");
    const serve = () => serveBackend({ request, response }, repositories.directoryOf(repository), gitRequest);
    if (gitRequest.resource !== "/git-receive-pack") await serve();
    else await repositories.push(repository, serve, "lockstep");
    response.end();
  };
}
