/** How production traffic shifts to green: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html */
export type Routing =
  | { type: "AllAtOnce" }
  | { type: "TimeBasedCanary" | "TimeBasedLinear"; percentage: number; minutes: number };

export interface DeploymentConfig {
  name: string;
  id: string;
  createdAt: number;
  routing: Routing;
}

const predefined = (name: string, routing: Routing): DeploymentConfig => ({
  name: `CodeDeployDefault.${name}`,
  id: `00000000-0000-0000-0000-${Buffer.from(name).toString("hex").slice(-12)}`,
  createdAt: Date.UTC(2019, 0, 1),
  routing,
});

export const predefinedConfigs: readonly DeploymentConfig[] = [
  predefined("ECSAllAtOnce", { type: "AllAtOnce" }),
  predefined("ECSLinear10PercentEvery1Minutes", { type: "TimeBasedLinear", percentage: 10, minutes: 1 }),
  predefined("ECSLinear10PercentEvery3Minutes", { type: "TimeBasedLinear", percentage: 10, minutes: 3 }),
  predefined("ECSCanary10Percent5Minutes", { type: "TimeBasedCanary", percentage: 10, minutes: 5 }),
  predefined("ECSCanary10Percent15Minutes", { type: "TimeBasedCanary", percentage: 10, minutes: 15 }),
];

/** The percentage of traffic that green receives next, after `percent`. */
export function nextPercent(routing: Routing, percent: number): number {
  if (routing.type === "AllAtOnce") return 100;
  if (routing.type === "TimeBasedCanary") return percent === 0 ? routing.percentage : 100;
  return Math.min(percent + routing.percentage, 100);
}

export const minutesBetweenShifts = (routing: Routing): number => (routing.type === "AllAtOnce" ? 0 : routing.minutes);
