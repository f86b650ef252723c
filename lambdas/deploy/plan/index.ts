import { rds, secretsManager } from "../../core/clients.ts";
import { stepHandler } from "../../core/handler.ts";
import { countWrites } from "../../release/write-counters.ts";
import { environment } from "./contract.ts";
import { inspectDatabase } from "./database.ts";
import { plan } from "./step.ts";

export const handler = stepHandler((settings, { table, log }) => {
  const clients = { secretsManager: secretsManager(), rds: rds() };
  return plan({ ...clients, table, log, inspectDatabase, countWrites, settings });
}, environment);
