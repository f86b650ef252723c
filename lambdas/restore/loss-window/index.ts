import { openDeps, rds, secretsManager } from "../../core/clients.ts";
import { functionHandler } from "../../core/handler.ts";
import { countWrites } from "../../release/write-counters.ts";
import { environment } from "./contract.ts";
import { assessLoss } from "./loss-window.ts";

export const handler = functionHandler(
  (settings) => assessLoss({ ...openDeps(), rds: rds(), secretsManager: secretsManager(), countWrites, settings }),
  environment,
);
