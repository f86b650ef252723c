import {
  type CodeDeployClient,
  GetDeploymentCommand,
  PutLifecycleEventHookExecutionStatusCommand,
} from "@aws-sdk/client-codedeploy";
import * as z from "zod/mini";
import { deploymentOf } from "../../traffic/deployment-description.ts";
import { lookAgain } from "../../core/errors.ts";
import { probeLimits, probeListener, type ProbePorts, type Verdict } from "../../traffic/probing.ts";
import { deploymentKey, loadRecord } from "../../core/record.ts";
import type { Ports } from "../../core/step.ts";
import { lifecycle, trafficHandle } from "../../traffic/traffic.ts";
import { findWaiting, forgetToken } from "../../core/waiting.ts";
import { type environment, type HookEvent, hookEvent } from "./contract.ts";

interface HookPorts extends Omit<Ports, "clock">, ProbePorts {
  readonly codeDeploy: CodeDeployClient;
  readonly settings: z.infer<typeof environment>;
}

/**
 * CodeDeploy's hook: before production traffic moves it probes green on the test listener, and after all of it has
 * moved it tells the waiting step. Whatever happens it reports; a hook that does not costs an hour.
 */
export function probeGreen(ports: HookPorts) {
  return async (event: unknown): Promise<void> => {
    const hook = z.parse(hookEvent, event);
    ports.log.appendKeys({ codeDeployDeployment: hook.DeploymentId });
    let ok = false;
    let moved = false;
    try {
      moved = await hasMoved(ports, hook);
      ok = moved || (await probe(ports, hook));
    } finally {
      await report(ports.codeDeploy, hook, ok);
    }
    if (moved) await wake(ports, hook);
  };
}

/** The event does not name its hook, the deployment's life cycle does. */
async function hasMoved({ codeDeploy, settings }: HookPorts, { DeploymentId }: HookEvent): Promise<boolean> {
  return (await lifecycle(codeDeploy, settings, DeploymentId)).get("AllowTraffic") === "Succeeded";
}

async function probe(ports: HookPorts, { DeploymentId: deploymentId }: HookEvent): Promise<boolean> {
  const { deploymentInfo } = await ports.codeDeploy.send(new GetDeploymentCommand({ deploymentId }));
  const deployment = deploymentOf(deploymentInfo?.description);
  const record = deployment ? await loadRecord(ports.table, deployment) : undefined;
  const { TEST_LISTENER_ARN: listenerArn, HEALTH_PATH: path } = ports.settings;
  // CodeDeploy holds green for healthy by now; what fails for so long will not serve users.
  const asked = {
    listenerArn,
    path,
    errorsInARow: probeLimits.greenErrorsInARow,
    ...(record && { release: record.commit }),
  };
  const verdict = await probeListener(ports, asked).catch(notAsked);
  ports.log.info("Probed green", { ...verdict });
  if (record) await ports.table.patch(deploymentKey(record.deployment), { greenProbe: verdict });
  return verdict.ok;
}

function notAsked(error: Error): Verdict {
  return { ok: false, saw: `the listener could not be asked: ${error.message}` };
}

async function report(codeDeploy: CodeDeployClient, hook: HookEvent, ok: boolean): Promise<void> {
  await codeDeploy.send(
    new PutLifecycleEventHookExecutionStatusCommand({
      deploymentId: hook.DeploymentId,
      lifecycleEventHookExecutionId: hook.LifecycleEventHookExecutionId,
      status: ok ? "Succeeded" : "Failed",
    }),
  );
}

async function wake({ table, machine }: HookPorts, { DeploymentId }: HookEvent): Promise<void> {
  for (const waiting of await findWaiting(table, { exactly: trafficHandle(DeploymentId) })) {
    await machine.fail(waiting.token, { error: lookAgain, cause: "All production traffic is on the new release." });
    await forgetToken(table, waiting);
  }
}
