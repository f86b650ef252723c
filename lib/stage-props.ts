import type { StackProps } from "aws-cdk-lib";
import type { Config, StageConfig } from "./config/index.ts";

/** What all constructs of a stage are configured with. */
export interface StageProps {
  config: Config;
  stage: StageConfig;
  stageName: string;
  /** `<app>-<stage>`: every resource name starts with it. */
  prefix: string;
}

/** Also what its stacks have in common. */
export function stagePropsOf(config: Config, stageName: string): StageProps & StackProps {
  const stage = config.stages[stageName];
  if (!stage) throw new Error(`Stage "${stageName}" is not in the configuration of ${config.name}`);
  const tags = { "lockstep:app": config.name, "lockstep:stage": stageName };
  return { config, stage, stageName, prefix: `${config.name}-${stageName}`, ...environmentOf(stage), tags };
}

export const environmentOf = ({ account, region }: StageConfig): Pick<StackProps, "env"> => ({
  env: { ...(account && { account }), ...(region && { region }) },
});
