import type { Construct } from "constructs";
import type { Config } from "./config/index.ts";
import { DataStack } from "./data-stack.ts";
import { pascalCase } from "./pascal-case.ts";
import { PipelineStack } from "./pipeline-stack.ts";
import { ServiceStack } from "./service-stack.ts";
import { SourceStack } from "./source-stack.ts";
import { environmentOf, stagePropsOf } from "./stage-props.ts";

/** The stacks of a stage. */
export interface StageStacks {
  /** What must not be lost: network, database, images, secrets, logs, records. */
  readonly data: DataStack;
  /** Runs the app: load balancer, ECS service, alarms. */
  readonly service: ServiceStack;
  /** Deploys the app: state machines, functions, build project. */
  readonly pipeline: PipelineStack;
}

/** One repository in CodeCommit, or one on GitHub; per stage, the service that runs the app and the pipeline that deploys to it. */
export function createStacks(scope: Construct, config: Config): Map<string, StageStacks> {
  const source = createSource(scope, config);
  const stages = Object.keys(config.stages).map((stageName) => {
    // Names, because the commands find the stacks by them, whatever the scope.
    const named = (part: string) => {
      const stackName = `${pascalCase(config.name)}-${pascalCase(stageName)}-${part}`;
      return [stackName, { ...stagePropsOf(config, stageName), stackName }] as const;
    };
    const data = new DataStack(scope, ...named("Data"));
    const [serviceName, serviceProps] = named("Service");
    const service = new ServiceStack(scope, serviceName, { ...serviceProps, data });
    const [pipelineName, pipelineProps] = named("Pipeline");
    const repository = source?.repository;
    const pipeline = new PipelineStack(scope, pipelineName, { ...pipelineProps, data, service, repository });
    return [stageName, { data, service, pipeline }] as const;
  });
  return new Map(stages);
}

/** With CodeCommit, the configuration has the same account and Region for every stage. */
function createSource(scope: Construct, config: Config): SourceStack | undefined {
  const [first] = Object.values(config.stages);
  if (config.source.github || !first) return undefined;
  const stackName = `${pascalCase(config.name)}-Source`;
  return new SourceStack(scope, stackName, { config, ...environmentOf(first), stackName });
}
