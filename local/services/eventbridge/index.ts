import { defineService } from "#local/cloud/index.ts";
import { access } from "./access.ts";
import { EventBus } from "./engine.ts";
import { eventOperations } from "./operations/events.ts";
import { ruleOperations } from "./operations/rules.ts";
import { inert, reads } from "./reads.ts";
import { createResources } from "./resources.ts";
import { openStore } from "./store.ts";

export const eventbridge = defineService({
  name: "eventbridge",
  iamPrefix: "events",
  reads,
  inert,
  paging: { maxSize: 100, invalidSize: "ValidationException", invalidToken: "ValidationException" },
  create(cloud) {
    const store = openStore(cloud);
    const bus = new EventBus(cloud, store);
    const deps = { cloud, store, bus };
    return {
      operations: { ...ruleOperations(deps), ...eventOperations(deps) },
      access,
      resources: createResources(deps),
      start: () => bus.start(),
      stop: () => bus.stop(),
      shutDown: () => bus.stop(),
    };
  },
});
