import type { Cloud } from "#local/cloud/index.ts";
import type { AlarmEngine } from "./engine.ts";
import type { MetricStore } from "./series.ts";
import type { Store } from "./store.ts";

export interface Deps {
  cloud: Cloud;
  alarms: Store;
  metrics: MetricStore;
  engine: AlarmEngine;
}
