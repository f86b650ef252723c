import type { Action } from "./next-action.ts";
import { hasName, messageOf } from "./faults.ts";
import { asRole, shortPause, type StepDeps } from "./step-deps.ts";
import type { DeploymentRecord } from "./store.ts";

type HookAction = Extract<Action, { kind: "runHook" }>;

export interface Hooks {
  run(deployment: DeploymentRecord, action: HookAction): Promise<void>;
}

/** Invokes each hook function once. A restarted control plane invokes it again if it has not reported. */
export function createHooks(deps: StepDeps): Hooks {
  const invoked = new Set<string>();
  return {
    async run(deployment, action) {
      if (!invoked.has(action.hookExecutionId)) {
        invoked.add(action.hookExecutionId);
        void invoke(deps, deployment, action);
      }
      await deps.pause(deployment.id, action.until);
    },
  };
}

async function invoke(deps: StepDeps, deployment: DeploymentRecord, action: HookAction): Promise<void> {
  const { store, recorder, wake } = deps;
  const message = await problemOf(deps, deployment, action);
  if (message === undefined || deps.cloud.stopping.aborted) return;
  const event = store.deployments.get(deployment.id)?.events.find(({ name }) => name === action.event);
  if (event?.status !== "InProgress") return; // it had reported before its function failed
  recorder.updateEvent(deployment.id, action.event, { status: "Failed", endedAt: deps.cloud.clock.now(), message });
  wake(deployment.id);
}

/** Why the hook will not report. Undefined if its function returned: another process may report later. */
async function problemOf(
  deps: StepDeps,
  deployment: DeploymentRecord,
  { functionName, hookExecutionId, until }: HookAction,
): Promise<string | undefined> {
  const { cloud } = deps;
  const event = { DeploymentId: deployment.id, LifecycleEventHookExecutionId: hookExecutionId };
  const input = { FunctionName: functionName, Payload: Buffer.from(JSON.stringify(event)) };
  while (!cloud.stopping.aborted && cloud.clock.now() < until) {
    try {
      const { FunctionError, Payload } = await cloud.call("lambda", "invoke", input, asRole(deployment));
      if (FunctionError === undefined) return undefined;
      return `${functionName} ended with an error and did not report: ${Buffer.from(Payload ?? []).toString("utf8")}`;
    } catch (error) {
      if (!hasName(error, "TooManyRequestsException"))
        return `${functionName} could not be invoked: ${messageOf(error)}`;
      await shortPause(deps, deployment.id);
    }
  }
  return undefined;
}
