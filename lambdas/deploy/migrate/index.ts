import { ecs, logs, secretsManager } from "../../core/clients.ts";
import { stepHandler } from "../../core/handler.ts";
import { redactSecrets } from "../../release/redact.ts";
import { environment } from "./contract.ts";
import { migrate } from "./step.ts";

export const handler = stepHandler(
  (settings, { clock }) =>
    migrate({ clock, ecs: ecs(), logs: logs(), redact: redactSecrets(secretsManager(), settings), settings }),
  environment,
);
