import type { Operations } from "#local/cloud/index.ts";
import type { Deps } from "./deps.ts";
import { batchImages, readImages } from "./images.ts";
import { repositoryOperations } from "./repositories.ts";

const tokenSeconds = 12 * 60 * 60;

export function createOperations(deps: Deps): Operations<"ecr"> {
  return { ...repositoryOperations(deps), ...readImages(deps), ...batchImages(deps), ...tokenOperation(deps) };
}

function tokenOperation({ cloud, store }: Deps) {
  return {
    getAuthorizationToken: (_input, { principal }) => {
      const expires = cloud.clock.now() + tokenSeconds * 1000;
      store.tokens.put(principal.arn, expires);
      const authorizationToken = Buffer.from(`AWS:${cloud.issueToken(principal)}`).toString("base64");
      return {
        authorizationData: [{ authorizationToken, expiresAt: new Date(expires), proxyEndpoint: cloud.endpoint }],
      };
    },
  } satisfies Operations<"ecr">;
}
