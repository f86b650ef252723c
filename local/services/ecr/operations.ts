import type { Cloud, Operations } from "#local/cloud/index.ts";
import type { BlobFiles } from "./blobs.ts";
import { batchImages, readImages } from "./images.ts";
import { repositoryOperations } from "./repositories.ts";
import type { EcrStore } from "./store.ts";

interface Parts {
  cloud: Cloud;
  store: EcrStore;
  blobs: BlobFiles;
}

const tokenSeconds = 12 * 60 * 60;

export function createOperations(parts: Parts): Operations<"ecr"> {
  return { ...repositoryOperations(parts), ...readImages(parts), ...batchImages(parts), ...tokenOperation(parts) };
}

function tokenOperation({ cloud, store }: Parts) {
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
