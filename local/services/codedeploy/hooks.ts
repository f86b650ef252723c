import type { Action } from "./next-action.ts";
import { hasName, messageOf } from "./errors.ts";
import { asRole, shortPause, type StepParts } from "./parts.ts";
import type { DeploymentRecord } from "./store.ts";

type HookAction = Extract<Action, { kind: "runHook" }>;

export interface Hooks {
  run(deployment: DeploymentRecord, action: HookAction): Promise<void>;
}

/** Runs hook functions, each once (again only by a later control plane, when it has not reported until then). */
export function createHooks(parts: StepParts): Hooks {
  const invoked = new Set<string>();
  return {
    async run(deployment, action) {
      if (!invoked.has(action.hookExecutionId)) {
        invoked.add(action.hookExecutionId);
        void invoke(parts, deployment, action);
      }
      await parts.pause(deployment.id, action.until);
    },
  };
}

async function invoke(parts: StepParts, deployment: DeploymentRecord, action: HookAction): Promise<void> {
  const { store, ledger, wake } = parts;
  const message = await problemOf(parts, deployment, action);
  if (message === undefined || parts.cloud.stopping.aborted) return;
  const event = store.deployments.get(deployment.id)?.events.find(({ name }) => name === action.event);
  if (event?.status !== "InProgress") return; // it had reported before it failed
  ledger.updateEvent(deployment.id, action.event, { status: "Failed", endedAt: parts.cloud.clock.now(), message });
  wake(deployment.id);
}

/** Why the hook will not report any more. One that merely returned may have left the report to somebody else. */
async function problemOf(
  parts: StepParts,
  deployment: DeploymentRecord,
  { functionName, hookExecutionId, until }: HookAction,
): Promise<string | undefined> {
  const { cloud } = parts;
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
      await shortPause(parts, deployment.id);
    }
  }
  return undefined;
}
