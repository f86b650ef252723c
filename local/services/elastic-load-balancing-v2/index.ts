import { defineService } from "#local/cloud/index.ts";
import { createAccess } from "./access.ts";
import { createEngine } from "./engine.ts";
import { MetricsPublisher } from "./metrics.ts";
import { listenerOperations } from "./operations/listeners.ts";
import { loadBalancerOperations } from "./operations/load-balancers.ts";
import { tagOperations } from "./operations/tags.ts";
import { targetGroupOperations } from "./operations/target-groups.ts";
import { targetOperations } from "./operations/targets.ts";
import { createResources } from "./resources.ts";
import { createStore } from "./store.ts";

export const elasticLoadBalancingV2 = defineService({
  name: "elastic-load-balancing-v2",
  iamPrefix: "elasticloadbalancing",
  create(cloud) {
    const store = createStore(cloud);
    const engine = createEngine(cloud, store);
    const context = { cloud, store, engine };
    const metrics = new MetricsPublisher(context);
    return {
      operations: {
        ...loadBalancerOperations(context),
        ...targetGroupOperations(context),
        ...targetOperations(context),
        ...listenerOperations(context),
        ...tagOperations(context),
      },
      access: createAccess(cloud),
      resources: createResources(context),
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
