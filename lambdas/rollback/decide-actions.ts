import { assertNever } from "../core/errors.ts";

/** What is true about the stage when something has to be undone. */
export interface Facts {
  /** Task definition that must not take production traffic; none when the deployment did not come that far. */
  readonly awayFrom?: string | undefined;
  /** Task definition that takes all production traffic afterwards; none before the first release of a stage. */
  readonly target?: string | undefined;
  /** Whether all traffic has to be on `target`, or only none on `awayFrom`. */
  readonly mustReachTarget: boolean;
  /** Who takes production traffic now. Weights of nothing are left out. */
  readonly traffic: readonly { readonly taskDefinition: string; readonly weight: number }[];
  /** The deployment of CodeDeploy that occupies the group. `own`: it moves traffic to `awayFrom`. */
  readonly open?: { readonly id: string; readonly own: boolean } | undefined;
  readonly build?: string | undefined;
  readonly migration?: string | undefined;
}

export type Action =
  | { readonly kind: "stop build"; readonly id: string }
  /** A migration is never cut off in the middle: it ends by itself or at its own limit. */
  | { readonly kind: "await migration"; readonly task: string }
  /** CodeDeploy takes the traffic back to blue, which is alive, and removes green. */
  | { readonly kind: "stop shift"; readonly id: string }
  | { readonly kind: "await deployment"; readonly id: string }
  | { readonly kind: "redeploy"; readonly taskDefinition: string }
  | { readonly kind: "give up"; readonly reason: string };

/** What has to be done so that the stage is as it was before; nothing is a valid answer. Asked again after every action. */
export function assess(facts: Facts): Action[] {
  const actions: Action[] = [];
  if (facts.build !== undefined) actions.push({ kind: "stop build", id: facts.build });
  if (facts.migration !== undefined) actions.push({ kind: "await migration", task: facts.migration });
  if (facts.open?.own) return [...actions, { kind: "stop shift", id: facts.open.id }];
  if (isHome(facts)) return actions;
  if (facts.open) return [...actions, { kind: "await deployment", id: facts.open.id }];
  if (facts.target !== undefined) return [...actions, { kind: "redeploy", taskDefinition: facts.target }];
  const reason = "The stage has no earlier release that was good, so there is nothing to go back to.";
  return [...actions, { kind: "give up", reason }];
}

function isHome({ awayFrom, target, mustReachTarget, traffic }: Facts): boolean {
  if (traffic.some(({ taskDefinition }) => taskDefinition === awayFrom)) return false;
  if (!mustReachTarget) return true;
  return traffic.length > 0 && traffic.every(({ taskDefinition }) => taskDefinition === target);
}

/** For people: what was done, in a few words. */
export function describeAction(action: Action): string {
  switch (action.kind) {
    case "stop build":
      return `stop build ${action.id}`;
    case "await migration":
      return `wait for migration task ${action.task.split("/").at(-1)}`;
    case "stop shift":
      return `stop CodeDeploy deployment ${action.id}, which takes traffic back to the release before`;
    case "await deployment":
      return `wait for CodeDeploy deployment ${action.id}`;
    case "redeploy":
      return `deploy ${action.taskDefinition.split("/").at(-1)} again, all at once`;
    case "give up":
      return action.reason;
    default:
      return assertNever(action);
  }
}
