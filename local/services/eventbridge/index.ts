import { defineService } from "#local/cloud/index.ts";
import { accessRules } from "./access.ts";
import { EventBus } from "./engine.ts";
import { createOperations } from "./operations.ts";
import { ruleResource } from "./resources.ts";
import { createRules } from "./rules.ts";
import { openStore } from "./store.ts";

export const eventbridge = defineService({
  name: "eventbridge",
  iamPrefix: "events",
  create(cloud) {
    const store = openStore(cloud);
    const bus = new EventBus(cloud, store);
    const rules = createRules({ cloud, store, bus });
    return {
      operations: createOperations({ cloud, store, bus, rules }),
      access: accessRules(cloud),
      resources: [ruleResource(rules)],
      start: () => bus.start(),
      stop: () => bus.stop(),
      shutDown: () => bus.stop(),
    };
  },
});
