import type { StackProps } from "aws-cdk-lib";
import type { Config, StageConfig } from "./config.ts";

/** What both stacks of a stage are told. */
export interface StageProps extends StackProps {
  config: Config;
  stage: StageConfig;
  stageName: string;
  /** `<app>-<stage>`: every name in the account begins with it. */
  prefix: string;
}
