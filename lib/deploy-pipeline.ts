import type { StackProps } from "aws-cdk-lib";
import { Construct } from "constructs";
import { type ConfigInput, parseConfig } from "./config/index.ts";
import { createStacks, type StageStacks } from "./stacks.ts";
import { type StageProps, stagePropsOf } from "./stage-props.ts";

export interface DeployPipelineProps {
  /** As in lockstep.config.ts, and checked in the same way. */
  readonly config: ConfigInput;
}

/** The stacks of an app in somebody's own CDK app. Directly in the app they are the same as `lockstep infra deploy` creates. */
export class DeployPipeline extends Construct {
  readonly #stages: ReadonlyMap<string, StageStacks>;

  constructor(scope: Construct, id: string, { config }: DeployPipelineProps) {
    super(scope, id);
    // Not below itself: the logical IDs of some resources contain the whole path.
    this.#stages = createStacks(scope, parseConfig(config, `The configuration of ${this.node.path}`));
  }

  /** The stacks of a stage, to refer to what is in them: its network, the role of its tasks, its load balancer. */
  stage(name: string): StageStacks {
    const stacks = this.#stages.get(name);
    if (stacks) return stacks;
    const names = [...this.#stages.keys()].join(", ");
    throw new Error(`Stage "${name}" is not in the configuration of ${this.node.path}, which has ${names}`);
  }
}

/** Props of the stacks and constructs of a stage, for those who create them one by one. */
export const stageProps = (config: ConfigInput, stage: string): StageProps & StackProps =>
  stagePropsOf(parseConfig(config, "The configuration"), stage);
