import { soon, type StepParts, type StepResult } from "../parts.ts";
import type { Deployment } from "../store.ts";
import { nextGreenWeight, stepMinutes } from "../traffic.ts";
import { sidesOf } from "./sides.ts";

/** The test listener shows green. */
export async function allowTestTraffic(parts: StepParts, deployment: Deployment): Promise<StepResult> {
  await sendTest(parts, sidesOf(deployment).green.targetGroupArn);
  return "done";
}

/** Production traffic moves to green, at once or step by step; when all of it has, green is the primary task set. */
export async function allowTraffic(parts: StepParts, deployment: Deployment): Promise<StepResult> {
  const { store, cloud, actor, group } = parts;
  const { id, routing, greenWeight, nextShiftAt } = deployment;
  const { green } = sidesOf(deployment);
  const isDue = nextShiftAt !== undefined && cloud.clock.now() >= nextShiftAt;
  if (greenWeight === 0 || (isDue && greenWeight < 100)) {
    store.update(id, ({ nextShiftAt: _taken, ...present }) => ({
      ...present,
      greenWeight: nextGreenWeight(routing, greenWeight),
    }));
    return { lookAgainAt: cloud.clock.now() };
  }
  if (nextShiftAt !== undefined && greenWeight < 100) return { lookAgainAt: nextShiftAt };
  await sendProduction(parts, deployment, greenWeight);
  if (greenWeight < 100) {
    const waitMs = cloud.clock.scaled(stepMinutes(routing) * 60);
    store.update(id, () => ({ nextShiftAt: cloud.clock.now() + waitMs }));
    return soon(parts);
  }
  const { cluster, service } = group;
  await actor.ecs("updateServicePrimaryTaskSet", { cluster, service, primaryTaskSet: green.taskSetId ?? "" });
  return "done";
}

/**
 * Both target groups stay in the listener's action, also with weight 0: so the idle side goes on being checked and is
 * known to be well when traffic comes back to it.
 */
export async function sendProduction(parts: StepParts, deployment: Deployment, greenWeight: number): Promise<void> {
  const { actor, group } = parts;
  const { blue, green } = sidesOf(deployment);
  const TargetGroups = [
    { TargetGroupArn: blue.targetGroupArn, Weight: 100 - greenWeight },
    { TargetGroupArn: green.targetGroupArn, Weight: greenWeight },
  ];
  await actor.elb("modifyListener", {
    ListenerArn: group.productionListener,
    DefaultActions: [{ Type: "forward", ForwardConfig: { TargetGroups } }],
  });
}

export async function sendTest({ actor, group }: StepParts, targetGroupArn: string): Promise<void> {
  if (group.testListener === undefined) return;
  await actor.elb("modifyListener", {
    ListenerArn: group.testListener,
    DefaultActions: [{ Type: "forward", TargetGroupArn: targetGroupArn }],
  });
}
