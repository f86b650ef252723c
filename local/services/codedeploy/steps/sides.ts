import type { TaskSet } from "@aws-sdk/client-ecs";
import { DeploymentFailure } from "../errors.ts";
import type { StepParts } from "../parts.ts";
import type { Deployment, Side, TaskSetFacts } from "../store.ts";

/** Which side is which at the beginning: blue is where the listener sends most of its traffic. */
export async function findSides({ actor, group }: StepParts): Promise<{ blue: Side; green: Side }> {
  const { TargetGroups = [] } = await actor.elb("describeTargetGroups", { Names: [...group.targetGroups] });
  const { Listeners = [] } = await actor.elb("describeListeners", { ListenerArns: [group.productionListener] });
  const forwards = Listeners[0]?.DefaultActions?.[0]?.ForwardConfig?.TargetGroups ?? [];
  const weightOf = (arn: string | undefined) =>
    forwards.find(({ TargetGroupArn }) => TargetGroupArn === arn)?.Weight ?? 0;
  const sides = TargetGroups.map(({ TargetGroupArn = "", TargetGroupName = "" }) => ({
    targetGroupArn: TargetGroupArn,
    targetGroupName: TargetGroupName,
  })).sort((a, b) => weightOf(b.targetGroupArn) - weightOf(a.targetGroupArn));
  const [blue, green] = sides;
  const primary = (await taskSetsOf({ actor, group })).find(({ status }) => status === "PRIMARY");
  if (!primary?.id)
    throw new DeploymentFailure(
      "INVALID_ECS_SERVICE",
      `The service ${group.service} of cluster ${group.cluster} has no primary task set.`,
    );
  const behind = primary.loadBalancers?.map(({ targetGroupArn }) => targetGroupArn) ?? [];
  if (!blue || !green || weightOf(blue.targetGroupArn) === 0 || !behind.includes(blue.targetGroupArn))
    throw new DeploymentFailure(
      "ELASTIC_LOAD_BALANCING_INVALID",
      `The ELB could not be updated due to the following error: Primary taskset target group must be behind listener ${group.productionListener}`,
    );
  return { blue: { ...blue, taskSetId: primary.id }, green };
}

export async function taskSetsOf({ actor, group }: Pick<StepParts, "actor" | "group">): Promise<TaskSet[]> {
  const { cluster, service } = group;
  const { taskSets = [] } = await actor.ecs("describeTaskSets", { cluster, service });
  return taskSets;
}

/** What a task set is like, as a deployment's target tells it. */
export const factsOf = (taskSet: TaskSet): TaskSetFacts => ({
  id: taskSet.id ?? "",
  desired: taskSet.computedDesiredCount ?? 0,
  pending: taskSet.pendingCount ?? 0,
  running: taskSet.runningCount ?? 0,
  status: taskSet.status ?? "",
});

export function sidesOf({ id, blue, green }: Deployment): { blue: Side; green: Side } {
  if (!blue || !green) throw new Error(`Deployment ${id} has not found its sides yet.`);
  return { blue, green };
}
