import { cloudWatch, codeDeploy, ecs, loadBalancing, logs, secretsManager } from "../../core/clients.ts";
import { stepHandler } from "../../core/handler.ts";
import { redactSecrets } from "../../release/redact.ts";
import { environment } from "./contract.ts";
import { shiftTraffic } from "./step.ts";

export const handler = stepHandler((settings, { clock }) => {
  const clients = { cloudWatch: cloudWatch(), codeDeploy: codeDeploy(), ecs: ecs(), logs: logs() };
  const redact = redactSecrets(secretsManager(), settings);
  return shiftTraffic({ ...clients, loadBalancing: loadBalancing(), clock, redact, settings });
}, environment);
