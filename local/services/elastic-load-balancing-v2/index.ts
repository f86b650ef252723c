import { defineService } from "#local/cloud/index.ts";
import { access } from "./access.ts";
import type { Deps } from "./deps.ts";
import { createEngine } from "./engine.ts";
import { MetricsPublisher } from "./metrics.ts";
import { listenerOperations } from "./operations/listeners.ts";
import { loadBalancerOperations } from "./operations/load-balancers.ts";
import { tagOperations } from "./operations/tags.ts";
import { targetGroupOperations } from "./operations/target-groups.ts";
import { targetOperations } from "./operations/targets.ts";
import { inert, reads } from "./reads.ts";
import { createResources } from "./resources.ts";
import { openStore } from "./store.ts";

export const elasticLoadBalancingV2 = defineService({
  name: "elastic-load-balancing-v2",
  iamPrefix: "elasticloadbalancing",
  reads,
  inert,
  validation: { invalid: "ValidationError" },
  paging: { maxSize: 400, invalidSize: "ValidationError", invalidToken: "ValidationError" },
  create(cloud, schema) {
    const store = openStore(cloud);
    const engine = createEngine(cloud, store);
    const deps: Deps = { cloud, store, engine };
    const metrics = new MetricsPublisher(deps);
    return {
      operations: {
        ...loadBalancerOperations(deps),
        ...targetGroupOperations(deps),
        ...targetOperations(deps),
        ...listenerOperations(deps),
        ...tagOperations(deps),
      },
      access,
      resources: createResources(deps, schema),
      async start() {
        await engine.start();
        metrics.start();
      },
      stop() {
        metrics.stop();
        engine.stop();
      },
      shutDown() {
        metrics.stop();
        return engine.shutDown();
      },
    };
  },
});
