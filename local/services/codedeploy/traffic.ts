import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import { asRole, DeploymentFailure, type StepDeps } from "./step-deps.ts";
import { minutesBetweenShifts } from "./routing.ts";
import type { DeploymentRecord } from "./store.ts";

/** The target group that receives most of a listener's traffic. */
export async function targetGroupBehind(
  { cloud }: StepDeps,
  deployment: DeploymentRecord,
  listenerArn: string,
): Promise<string | undefined> {
  const input = { ListenerArns: [listenerArn] };
  const as = asRole(deployment);
  const { Listeners } = await cloud.call("elastic-load-balancing-v2", "describeListeners", input, as);
  const forward = Listeners?.[0]?.DefaultActions?.find(({ Type }) => Type === "forward");
  const byWeight = [...(forward?.ForwardConfig?.TargetGroups ?? [])].sort((a, b) => (b.Weight ?? 0) - (a.Weight ?? 0));
  return byWeight[0]?.TargetGroupArn ?? forward?.TargetGroupArn;
}

/** ARNs of the two target groups of the deployment group, in its order. */
export async function targetGroupPair({ cloud }: StepDeps, deployment: DeploymentRecord): Promise<string[]> {
  const { targetGroupNames: names } = deployment.settings;
  const input = { Names: [...names] };
  const as = asRole(deployment);
  const { TargetGroups = [] } = await cloud.call("elastic-load-balancing-v2", "describeTargetGroups", input, as);
  return names.map((name) => {
    const arn = TargetGroups.find(({ TargetGroupName }) => TargetGroupName === name)?.TargetGroupArn;
    if (arn !== undefined) return arn;
    throw new DeploymentFailure("ELASTIC_LOAD_BALANCING_INVALID", `The target group ${name} does not exist.`);
  });
}

export async function moveTestTraffic(deps: StepDeps, deployment: DeploymentRecord): Promise<void> {
  const { id, settings, green } = deployment;
  if (settings.testListenerArn !== undefined && green)
    await forwardTo(deps, deployment, { listenerArn: settings.testListenerArn, actions: only(green.targetGroupArn) });
  deps.recorder.updateEvent(id, "AllowTestTraffic", { status: "Succeeded", endedAt: deps.cloud.clock.now() });
}

export async function shift(deps: StepDeps, deployment: DeploymentRecord, percent: number): Promise<void> {
  const { id, settings, blue, green, config } = deployment;
  if (!blue || !green)
    throw new DeploymentFailure(
      "INTERNAL_ERROR",
      "The deployment does not have two task sets to shift traffic between.",
    );
  const actions = both({ green: green.targetGroupArn, blue: blue.targetGroupArn, percent });
  await forwardTo(deps, deployment, { listenerArn: settings.productionListenerArn, actions });
  const { clock } = deps.cloud;
  const nextShiftAt = clock.now() + clock.scaled(minutesBetweenShifts(config.routing) * 60);
  deps.recorder.update(id, () => ({ percent, nextShiftAt }));
}

/** Sends all traffic of both listeners to blue, at once. */
export async function returnTraffic(deps: StepDeps, deployment: DeploymentRecord): Promise<void> {
  const { settings, blue, green } = deployment;
  if (!blue) return;
  const toBlue = only(blue.targetGroupArn);
  const actions = green ? both({ green: green.targetGroupArn, blue: blue.targetGroupArn, percent: 0 }) : toBlue;
  await forwardTo(deps, deployment, { listenerArn: settings.productionListenerArn, actions });
  if (settings.testListenerArn === undefined) return;
  await forwardTo(deps, deployment, { listenerArn: settings.testListenerArn, actions: toBlue });
}

async function forwardTo(
  { cloud }: StepDeps,
  deployment: DeploymentRecord,
  { listenerArn, actions }: { listenerArn: string; actions: Action[] },
): Promise<void> {
  const input = { ListenerArn: listenerArn, DefaultActions: actions };
  await cloud.call("elastic-load-balancing-v2", "modifyListener", input, asRole(deployment));
}

const only = (targetGroupArn: string): Action[] => [{ Type: "forward", TargetGroupArn: targetGroupArn }];

/**
 * The group without traffic stays in the action with weight 0, so that its targets are still checked and can receive traffic at
 * once. CodeDeploy does so since late 2022: https://github.com/traveloka/terraform-aws-alb-single-listener/pull/47.
 */
const both = ({ green, blue, percent }: { green: string; blue: string; percent: number }): Action[] => [
  {
    Type: "forward",
    ForwardConfig: {
      TargetGroups: [
        { TargetGroupArn: blue, Weight: 100 - percent },
        { TargetGroupArn: green, Weight: percent },
      ],
    },
  },
];
