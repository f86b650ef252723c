/** How production traffic moves, as a deployment configuration says. */
export type TrafficRouting =
  | { type: "AllAtOnce" }
  | { type: "TimeBasedCanary"; percentage: number; minutes: number }
  | { type: "TimeBasedLinear"; percentage: number; minutes: number };

/** The share of green after the next step. */
export function nextGreenWeight(routing: TrafficRouting, greenWeight: number): number {
  switch (routing.type) {
    case "AllAtOnce":
      return 100;
    case "TimeBasedCanary":
      return greenWeight === 0 ? routing.percentage : 100;
    case "TimeBasedLinear":
      return Math.min(greenWeight + routing.percentage, 100);
    default:
      routing satisfies never;
      throw new Error("There is no other way to move traffic.");
  }
}

/** Minutes between two steps. */
export const stepMinutes = (routing: TrafficRouting): number => (routing.type === "AllAtOnce" ? 0 : routing.minutes);

const canary = (percentage: number, minutes: number) => ({ type: "TimeBasedCanary", percentage, minutes }) as const;
const linear = (percentage: number, minutes: number) => ({ type: "TimeBasedLinear", percentage, minutes }) as const;

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html */
export const predefinedRoutings: Readonly<Record<string, TrafficRouting>> = {
  "CodeDeployDefault.ECSAllAtOnce": { type: "AllAtOnce" },
  "CodeDeployDefault.ECSLinear10PercentEvery1Minutes": linear(10, 1),
  "CodeDeployDefault.ECSLinear10PercentEvery3Minutes": linear(10, 3),
  "CodeDeployDefault.ECSCanary10Percent5Minutes": canary(10, 5),
  "CodeDeployDefault.ECSCanary10Percent15Minutes": canary(10, 15),
};
