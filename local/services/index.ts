import type { AnyService } from "#local/cloud/index.ts";
import { cloudwatch } from "./cloudwatch/index.ts";
import { cloudwatchLogs } from "./cloudwatch-logs/index.ts";
import { codebuild } from "./codebuild/index.ts";
import { codecommit } from "./codecommit/index.ts";
import { codedeploy } from "./codedeploy/index.ts";
import { dynamodb } from "./dynamodb/index.ts";
import { ecr } from "./ecr/index.ts";
import { ecs } from "./ecs/index.ts";
import { elasticLoadBalancingV2 } from "./elastic-load-balancing-v2/index.ts";
import { eventbridge } from "./eventbridge/index.ts";
import { github } from "./github/index.ts";
import { lambda } from "./lambda/index.ts";
import { rds } from "./rds/index.ts";
import { secretsManager } from "./secrets-manager/index.ts";
import { sfn } from "./sfn/index.ts";
import { sts } from "./sts/index.ts";

/** All services of the local cloud, in the order in which they resume after a restart. */
export const services: readonly AnyService[] = [
  sts,
  cloudwatchLogs,
  cloudwatch,
  secretsManager,
  dynamodb,
  rds,
  codecommit,
  ecr,
  elasticLoadBalancingV2,
  ecs,
  codebuild,
  lambda,
  sfn,
  eventbridge,
  codedeploy,
];

export const standIns = [github];
