import { defineService } from "#local/cloud/index.ts";
import { accessRules } from "./access.ts";
import { AlarmEngine } from "./engine.ts";
import { alarmOperations } from "./operations/alarms.ts";
import { metricOperations } from "./operations/metrics.ts";
import { alarmResource } from "./resources.ts";
import { MetricStore } from "./series.ts";
import { openStore } from "./store.ts";

export const cloudwatch = defineService({
  name: "cloudwatch",
  iamPrefix: "cloudwatch",
  validation: { invalid: "ValidationError" },
  create(cloud) {
    const alarms = openStore(cloud);
    const metrics = new MetricStore(cloud);
    const engine = new AlarmEngine({ cloud, alarms, metrics });
    const deps = { cloud, alarms, metrics, engine };
    return {
      operations: { ...alarmOperations(deps), ...metricOperations(deps) },
      access: accessRules(cloud),
      resources: [alarmResource(deps)],
      start: () => engine.start(),
      stop: () => engine.stop(),
      shutDown: () => engine.stop(),
    };
  },
});
