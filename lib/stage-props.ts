import type { Config, StageConfig } from "./config/index.ts";

/** What all constructs of a stage are configured with. */
export interface StageProps {
  config: Config;
  stage: StageConfig;
  stageName: string;
  /** `<app>-<stage>`: every resource name starts with it. */
  prefix: string;
}
