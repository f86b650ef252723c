import type { Scheduler } from "./scheduler.ts";
import type { StoreDeps } from "./store.ts";
import type { TaskEngine } from "./task-engine.ts";

export interface Deps extends StoreDeps {
  engine: TaskEngine;
  scheduler: Scheduler;
}
