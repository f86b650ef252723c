import { clock, ecs, loadBalancing, rds } from "../core/clients.ts";
import { stepsHandler } from "../core/handler.ts";
import { httpGet } from "../traffic/http-get.ts";
import { acquireLock } from "./acquire-lock.ts";
import { environment } from "./contract.ts";
import { finish } from "./finish.ts";
import { probe } from "./probe.ts";
import { restores } from "./record.ts";
import { restoreSnapshot } from "./snapshot.ts";
import { swapDatabases } from "./swap.ts";
import { replaceTasks } from "./tasks.ts";

export const handler = stepsHandler(
  restores,
  (settings, deps) => {
    const database = { rds: rds(), clock, settings };
    return [
      acquireLock({ ...deps, rds: database.rds }),
      restoreSnapshot(database),
      swapDatabases(database),
      replaceTasks({ ecs: ecs(), settings }),
      probe({ loadBalancing: loadBalancing(), get: httpGet, clock, table: deps.table, settings }),
      finish(deps),
    ];
  },
  environment,
);
