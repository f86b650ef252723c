import { awsError, defineService } from "#local/cloud/index.ts";
import { createAccess, tableOf } from "./access.ts";
import { createEngine } from "./engine.ts";
import { isSupported } from "./supported.ts";
import { createResources } from "./resources.ts";
import { createTables } from "./tables.ts";

/** DynamoDB as dynalite implements it. Serves requests over the wire only: other services cannot use `cloud.call` for it. */
export const dynamodb = defineService({
  name: "dynamodb",
  iamPrefix: "dynamodb",
  create(cloud) {
    const engine = createEngine(cloud);
    const tables = createTables(cloud, engine);
    return {
      operations: {},
      access: createAccess(tables),
      resources: createResources(cloud, tables),
      async passThrough(operation, body) {
        if (!isSupported(operation))
          throw awsError("NotImplemented", `dynamodb ${operation} is not implemented by the local cloud.`, 501);
        if (operation === "DeleteTable") tables.requireUnprotected(tableOf(body));
        const response = await engine.send(operation, body);
        return { ...response, body: Buffer.from(response.body) };
      },
      start: () => engine.start(),
      stop: () => engine.stop(),
    };
  },
});
