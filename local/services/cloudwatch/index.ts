import { defineService } from "#local/cloud/index.ts";
import { access } from "./access.ts";
import { AlarmEngine } from "./engine.ts";
import { alarmOperations } from "./operations/alarms.ts";
import { metricOperations } from "./operations/metrics.ts";
import { inert, reads } from "./reads.ts";
import { createResources } from "./resources.ts";
import { MetricStore } from "./series.ts";
import { openStore } from "./store.ts";

export const cloudwatch = defineService({
  name: "cloudwatch",
  iamPrefix: "cloudwatch",
  reads,
  inert,
  validation: { invalid: "ValidationException" },
  paging: {
    defaultSize: 50,
    maxSize: 100,
    invalidSize: "ValidationException",
    invalidToken: "InvalidNextToken",
    operations: {
      describeAlarms: { list: "MetricAlarms" },
      listMetrics: { defaultSize: 500, maxSize: 500 },
      getMetricData: { defaultSize: 500, maxSize: 500 },
    },
  },
  create(cloud, schema) {
    const alarms = openStore(cloud);
    const metrics = new MetricStore(cloud);
    const engine = new AlarmEngine({ cloud, alarms, metrics });
    const deps = { cloud, alarms, metrics, engine };
    return {
      operations: { ...alarmOperations(deps), ...metricOperations(deps) },
      access,
      resources: createResources(deps, schema),
      start: () => engine.start(),
      stop: () => engine.stop(),
      shutDown: () => engine.stop(),
    };
  },
});
