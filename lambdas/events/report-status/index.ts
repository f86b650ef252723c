import { gitHub, loadBalancing, openDeps } from "../../core/clients.ts";
import { functionHandler } from "../../core/handler.ts";
import { environment } from "./contract.ts";
import { reportStatus } from "./report-status.ts";

export const handler = functionHandler((settings) => {
  const clients = { github: gitHub(settings.GITHUB_TOKEN_ARN), loadBalancing: loadBalancing() };
  return reportStatus({ ...openDeps(), ...clients, settings });
}, environment);
