import { cloudWatch, codeDeploy, ecs, logs, secretsManager } from "../../core/clients.ts";
import { stepHandler } from "../../core/handler.ts";
import { redactSecrets } from "../../release/redact.ts";
import { environment } from "./contract.ts";
import { shiftTraffic } from "./step.ts";

export const handler = stepHandler((settings, { clock }) => {
  const clients = { cloudWatch: cloudWatch(), codeDeploy: codeDeploy(), ecs: ecs(), logs: logs() };
  return shiftTraffic({ ...clients, clock, redact: redactSecrets(secretsManager(), settings), settings });
}, environment);
