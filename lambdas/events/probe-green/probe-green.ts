import {
  type CodeDeployClient,
  GetDeploymentCommand,
  PutLifecycleEventHookExecutionStatusCommand,
} from "@aws-sdk/client-codedeploy";
import * as z from "zod/mini";
import { reobserve } from "../../core/errors.ts";
import type { Deps } from "../../core/journal.ts";
import { deploymentKey, loadRecord } from "../../core/record.ts";
import { deleteToken, findWaiting } from "../../core/waiting.ts";
import { deploymentOf } from "../../traffic/blue-green.ts";
import { type ProbeDeps, probeLimits, probeListener, type Verdict } from "../../traffic/probing.ts";
import { lifecycle, trafficWaitKey } from "../../traffic/traffic.ts";
import { type environment, type HookEvent, hookEvent } from "./contract.ts";

interface HookDeps extends Omit<Deps, "clock">, ProbeDeps {
  readonly codeDeploy: CodeDeployClient;
  readonly settings: z.infer<typeof environment>;
}

/**
 * Lifecycle hook of CodeDeploy: probes green on the test listener before production traffic shifts, and wakes the waiting step after all
 * of it has. It always reports a status: CodeDeploy waits an hour for a hook that does not.
 */
export function probeGreen(deps: HookDeps) {
  return async (event: unknown): Promise<void> => {
    const hook = z.parse(hookEvent, event);
    deps.log.appendKeys({ codeDeployDeployment: hook.DeploymentId });
    let ok = false;
    let shifted = false;
    try {
      shifted = await hasShifted(deps, hook);
      ok = shifted || (await isGreenHealthy(deps, hook));
    } finally {
      await report(deps.codeDeploy, hook, ok);
    }
    if (shifted) await wake(deps, hook);
  };
}

/** The event does not name its hook; the lifecycle of the deployment shows it. */
async function hasShifted({ codeDeploy, settings }: HookDeps, { DeploymentId }: HookEvent): Promise<boolean> {
  return (await lifecycle(codeDeploy, settings, DeploymentId)).get("AllowTraffic") === "Succeeded";
}

async function isGreenHealthy(deps: HookDeps, { DeploymentId: deploymentId }: HookEvent): Promise<boolean> {
  const { deploymentInfo } = await deps.codeDeploy.send(new GetDeploymentCommand({ deploymentId }));
  const deployment = deploymentOf(deploymentInfo?.description);
  const record = deployment ? await loadRecord(deps.table, deployment) : undefined;
  const { TEST_LISTENER_ARN: listenerArn, HEALTH_PATH: path } = deps.settings;
  // CodeDeploy considers green healthy by now, so errors that last are not start-up errors.
  const probe = {
    listenerArn,
    path,
    errorsInARow: probeLimits.greenErrorsInARow,
    ...(record && { release: record.commit }),
  };
  const verdict = await probeListener(deps, probe).catch(unreachable);
  deps.log.info("Green probed", { ...verdict });
  if (record) await deps.table.patch(deploymentKey(record.deployment), { greenProbe: verdict });
  return verdict.ok;
}

function unreachable(error: Error): Verdict {
  return { ok: false, observed: `the listener could not be read: ${error.message}` };
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

async function wake({ table, machine }: HookDeps, { DeploymentId }: HookEvent): Promise<void> {
  for (const waiting of await findWaiting(table, { exactly: trafficWaitKey(DeploymentId) })) {
    await machine.fail(waiting.token, {
      error: reobserve,
      cause: "All production traffic has shifted to the new release.",
    });
    await deleteToken(table, waiting);
  }
}
