// The door for somebody's own CDK app. Most need only DeployPipeline; the others are for stacks that are put together in another way.
export { Alarms } from "./alarms.ts";
export { BlueGreen } from "./blue-green.ts";
export { type ConfigInput, defineConfig } from "./config/index.ts";
export { DataStack } from "./data-stack.ts";
export { Database } from "./database.ts";
export { DeployPipeline, type DeployPipelineProps, stageProps } from "./deploy-pipeline.ts";
export { featureFlags } from "./feature-flags.ts";
export { Images } from "./images.ts";
export { LoadBalancer } from "./load-balancer.ts";
export { Network } from "./network.ts";
export { PipelineStack } from "./pipeline-stack.ts";
export { ServiceStack } from "./service-stack.ts";
export { SourceStack } from "./source-stack.ts";
export type { StageProps } from "./stage-props.ts";
export type { StageStacks } from "./stacks.ts";
export { WebService } from "./web-service.ts";
