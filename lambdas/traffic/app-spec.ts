interface Shift {
  readonly taskDefinitionArn: string;
  readonly containerName: string;
  readonly containerPort: number;
  readonly hookFunctionArn: string;
}

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-resources.html */
export function appSpec({ taskDefinitionArn, containerName, containerPort, hookFunctionArn }: Shift): string {
  const Properties = {
    TaskDefinition: taskDefinitionArn,
    LoadBalancerInfo: { ContainerName: containerName, ContainerPort: containerPort },
  };
  return JSON.stringify({
    version: 0.0,
    Resources: [{ TargetService: { Type: "AWS::ECS::Service", Properties } }],
    // The first probes green before a user reaches it; the second says that all traffic has moved, which no event does.
    Hooks: [{ AfterAllowTestTraffic: hookFunctionArn }, { AfterAllowTraffic: hookFunctionArn }],
  });
}
