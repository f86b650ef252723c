import { assertNever } from "../core/errors.ts";

/** The state of the stage during a rollback. */
export interface StageState {
  /** Task definition that must not receive production traffic; none if the deployment did not register one. */
  readonly awayFrom?: string | undefined;
  /** Task definition that has to receive all production traffic; none before the first release of a stage. */
  readonly target?: string | undefined;
  /** Whether all traffic has to be on `target`, or only none on `awayFrom`. */
  readonly mustReachTarget: boolean;
  /** Task definitions that receive production traffic now. Weights of 0 are left out. */
  readonly traffic: readonly { readonly taskDefinition: string; readonly weight: number }[];
  /** The open deployment of the CodeDeploy deployment group. `own`: of the failed deployment, before or while it shifts traffic. */
  readonly open?: { readonly id: string; readonly own: boolean } | undefined;
  readonly build?: string | undefined;
  readonly migration?: string | undefined;
}

export type Action =
  | { readonly kind: "stop build"; readonly id: string }
  /** A running migration is never stopped: it ends by itself or at its own deadline. */
  | { readonly kind: "await migration"; readonly task: string }
  /** CodeDeploy reroutes traffic to blue, which is still running, and terminates green. */
  | { readonly kind: "stop shift"; readonly id: string }
  | { readonly kind: "await deployment"; readonly id: string }
  | { readonly kind: "redeploy"; readonly taskDefinition: string }
  | { readonly kind: "fail"; readonly reason: string };

/** What has to be done to return the stage to its last good release; possibly nothing. Decided again after every action. */
export function decideActions(state: StageState): Action[] {
  const actions: Action[] = [];
  if (state.build !== undefined) actions.push({ kind: "stop build", id: state.build });
  if (state.migration !== undefined) actions.push({ kind: "await migration", task: state.migration });
  if (state.open?.own) return [...actions, { kind: "stop shift", id: state.open.id }];
  if (isRolledBack(state)) return actions;
  if (state.open) return [...actions, { kind: "await deployment", id: state.open.id }];
  if (state.target !== undefined) return [...actions, { kind: "redeploy", taskDefinition: state.target }];
  return [...actions, { kind: "fail", reason: "The stage has no earlier good release to roll back to." }];
}

function isRolledBack({ awayFrom, target, mustReachTarget, traffic }: StageState): boolean {
  if (traffic.some(({ taskDefinition }) => taskDefinition === awayFrom)) return false;
  if (!mustReachTarget) return true;
  return traffic.length > 0 && traffic.every(({ taskDefinition }) => taskDefinition === target);
}

export function describeAction(action: Action): string {
  switch (action.kind) {
    case "stop build":
      return `stop build ${action.id}`;
    case "await migration":
      return `wait for migration task ${action.task.split("/").at(-1)}`;
    case "stop shift":
      return `stop CodeDeploy deployment ${action.id}, which reroutes traffic to the previous release`;
    case "await deployment":
      return `wait for CodeDeploy deployment ${action.id}`;
    case "redeploy":
      return `redeploy ${action.taskDefinition.split("/").at(-1)}, all at once`;
    case "fail":
      return action.reason;
    default:
      return assertNever(action);
  }
}
