import { defineService } from "#local/cloud/index.ts";
import { accessRules } from "./access.ts";
import { AlarmEngine } from "./engine.ts";
import { alarmOperations } from "./operations/alarms.ts";
import { metricOperations } from "./operations/metrics.ts";
import { alarmResource } from "./resources.ts";
import { MetricStore } from "./series.ts";
import { openAlarmStore } from "./store.ts";

export const cloudwatch = defineService({
  name: "cloudwatch",
  iamPrefix: "cloudwatch",
  create(cloud) {
    const alarms = openAlarmStore(cloud);
    const metrics = new MetricStore(cloud);
    const engine = new AlarmEngine(cloud, { alarms, metrics });
    return {
      operations: { ...alarmOperations({ cloud, alarms, engine }), ...metricOperations({ cloud, metrics, engine }) },
      access: accessRules(cloud),
      resources: [alarmResource({ cloud, alarms, engine })],
      start: () => engine.start(),
      stop: () => engine.stop(),
      shutDown: () => engine.stop(),
    };
  },
});
