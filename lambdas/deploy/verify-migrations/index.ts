import { secretsManager } from "../../core/clients.ts";
import { stepHandler } from "../../core/handler.ts";
import { environment } from "./contract.ts";
import { verifyMigrations } from "./step.ts";

export const handler = stepHandler(
  (settings) => verifyMigrations({ secretsManager: secretsManager(), settings }),
  environment,
);
