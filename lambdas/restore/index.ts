import { clock, codeDeploy, ecs, loadBalancing, logs, rds, secretsManager } from "../core/clients.ts";
import { stepsHandler } from "../core/handler.ts";
import { redactSecrets } from "../release/redact.ts";
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
    const traffic = { codeDeploy: codeDeploy(), ecs: ecs(), loadBalancing: loadBalancing(), clock, settings };
    return [
      acquireLock({ ...deps, rds: database.rds, ecs: traffic.ecs }),
      restoreSnapshot(database),
      swapDatabases(database),
      replaceTasks({ ...traffic, table: deps.table, logs: logs(), redact: redactSecrets(secretsManager(), settings) }),
      probe({ ...traffic, get: httpGet, table: deps.table }),
      finish(deps),
    ];
  },
  environment,
);
