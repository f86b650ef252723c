/** On-demand, without free tiers; from copies of the pages of the sources that were available on this day. */
export const pricesOf = { region: "us-east-1", date: "2026-11-28" } as const;

export interface Price {
  /** US dollars for one unit. */
  readonly dollars: number;
  readonly unit: string;
  readonly source: string;
}

const codeBuild = (dollars: number): Price => ({
  dollars,
  unit: "minute",
  source: "https://aws.amazon.com/codebuild/pricing/",
});
const fargate = (dollars: number, unit: string): Price => ({
  dollars,
  unit,
  source: "https://aws.amazon.com/fargate/pricing/",
});

export const prices = {
  /** Standard workflows: each step that is executed, and each retry. */
  stateTransition: {
    dollars: 0.000025,
    unit: "state transition",
    source: "https://aws.amazon.com/step-functions/pricing/",
  },
  /** Functions on arm64, as Lockstep's are. */
  lambda: { dollars: 0.0000133334, unit: "GB-second", source: "https://aws.amazon.com/lambda/pricing/" },
  lambdaRequest: { dollars: 0.0000002, unit: "invocation", source: "https://aws.amazon.com/lambda/pricing/" },
  /** Linux on x86. */
  fargateCpu: fargate(0.04048, "vCPU-hour"),
  fargateMemory: fargate(0.004445, "GB-hour"),
  /** More than the size of the database in all snapshots and backups of the Region; less is free. */
  snapshot: { dollars: 0.095, unit: "GB-month", source: "https://aws.amazon.com/rds/postgresql/pricing/" },
} as const satisfies Readonly<Record<string, Price>>;

/** By compute type of a build on Linux; each started minute is charged. */
export const buildPrices: Readonly<Record<string, Price>> = {
  BUILD_GENERAL1_SMALL: codeBuild(0.005),
  BUILD_GENERAL1_MEDIUM: codeBuild(0.01),
  BUILD_GENERAL1_LARGE: codeBuild(0.02),
};
