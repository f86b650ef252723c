import {
  clock,
  cloudWatch,
  codeBuild,
  codeDeploy,
  ecs,
  eventBridge,
  loadBalancing,
  logs,
  secretsManager,
} from "../core/clients.ts";
import { stepsHandler } from "../core/handler.ts";
import { hasVersion } from "../core/secret-values.ts";
import { redactSecrets } from "../release/redact.ts";
import { httpGet } from "../traffic/http-get.ts";
import { assess } from "./assess.ts";
import { close } from "./close.ts";
import { environment } from "./contract.ts";
import { probe } from "./probe.ts";
import { rollbacks } from "./record.ts";
import { restoreTraffic } from "./restore-traffic.ts";

export const handler = stepsHandler(
  rollbacks,
  (settings, deps) => {
    const clients = { codeBuild: codeBuild(), codeDeploy: codeDeploy(), ecs: ecs(), loadBalancing: loadBalancing() };
    const stage = { ...deps, ...clients, settings };
    const secrets = secretsManager();
    const redact = redactSecrets(secrets, settings);
    const hasSecretVersion = (version: string) => hasVersion(secrets, settings.APP_SECRET_ARN, version);
    return [
      assess({ ...stage, hasSecretVersion }),
      restoreTraffic({ ...stage, clock, logs: logs(), redact }),
      probe({ loadBalancing: clients.loadBalancing, get: httpGet, clock, settings }),
      close({ ...deps, cloudWatch: cloudWatch(), eventBridge: eventBridge(), settings }),
    ];
  },
  environment,
);
