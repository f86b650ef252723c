import { awsError, defineService } from "#local/cloud/index.ts";
import { createAccess, tableOf } from "./access.ts";
import { createEngine } from "./engine.ts";
import { isSupported } from "./supported.ts";
import { createResources } from "./resources.ts";
import { createTables } from "./tables.ts";

/** DynamoDB as dynalite implements it. Other services cannot call it through `cloud.call`: it answers requests of the wire only. */
export const dynamodb = defineService({
  name: "dynamodb",
  iamPrefix: "dynamodb",
  create(cloud) {
    const engine = createEngine(cloud);
    const tables = createTables(cloud, engine);
    return {
      operations: {},
      access: createAccess(cloud),
      resources: createResources(cloud, tables),
      async passThrough(operation, body) {
        if (!isSupported(operation))
          throw awsError("NotImplemented", `dynamodb ${operation} is not implemented by the local cloud.`, 501);
        if (operation === "DeleteTable") tables.requireUnprotected(tableOf(body));
        const answer = await engine.ask(operation, body);
        return { ...answer, body: Buffer.from(answer.body) };
      },
      start: () => engine.start(),
      stop: () => engine.stop(),
    };
  },
});
