import type { Deps } from "../deps.ts";
import type { Operations } from "../reads.ts";

const tokenSeconds = 12 * 60 * 60;

export const authorizationOperations = ({ cloud, store }: Deps) =>
  ({
    getAuthorizationToken: (_input, { principal }) => {
      const expires = cloud.clock.now() + tokenSeconds * 1000;
      store.tokens.put(principal.arn, expires);
      const authorizationToken = Buffer.from(`AWS:${cloud.issueToken(principal)}`).toString("base64");
      return {
        authorizationData: [{ authorizationToken, expiresAt: new Date(expires), proxyEndpoint: cloud.endpoint }],
      };
    },
  }) satisfies Partial<Operations>;
