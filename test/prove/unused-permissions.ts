interface UnusedPermission {
  /** Matches `Stack/LogicalId action`. */
  permission: RegExp;
  reason: string;
}

/** Permissions that the scenarios do not use, and why the roles have them. */
export const unusedPermissions: readonly UnusedPermission[] = [
  // What AWS does itself
  {
    permission: / ec2:(Create|Delete|Describe)(NetworkInterfaces?|Subnets)$/,
    reason:
      "Lambda connects a function to the VPC: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html",
  },
  {
    permission: /MachineRole\w+ logs:/,
    reason: "Step Functions delivers its log: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html",
  },
  {
    permission: /\/BlueGreenRole\w+ (ecs:Describe|elasticloadbalancing:)/,
    reason: "CodeDeploy's own calls, from AWSCodeDeployRoleForECS; the local CodeDeploy needs fewer.",
  },
  {
    permission: /\/AppExecutionRole\w+ (ecr:BatchCheckLayerAvailability|secretsmanager:DescribeSecret)$/,
    reason: "ECS starts a task: ecr as in AmazonECSTaskExecutionRolePolicy, DescribeSecret from the CDK's grantRead.",
  },
  {
    permission: /\/BuildProjectRole\w+ (s3:(GetBucket|List)\*|logs:CreateLogGroup)$/,
    reason: "The CDK's grants to read the release kit and to write a log; the log group exists already.",
  },
  {
    permission: /\/BuildProjectRole\w+ s3:(GetObjectVersion|GetBucketAcl|GetBucketLocation)$/,
    reason:
      "CodeBuild's own calls for a cache, as in the console's policy: https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html",
  },
  {
    permission: /\/BuildProjectRole\w+ ecr:(BatchImportUpstreamImage|CreateRepository)$/,
    reason: "The first pull of the base image in an account imports it.",
  },
  // What a stack update or deletion does
  {
    permission: /\/TrafficProductionProviderRole\w+ elasticloadbalancing:(Modify|Delete)Listener$/,
    reason: "A change of the certificate, and the deletion of the stage.",
  },
  {
    permission: /\/DatabaseRolesProviderRole\w+ secretsmanager:PutSecretValue$/,
    reason: "A rotation: a change of database.passwordGeneration or urlParameters.",
  },
  // Rooms that functions share
  {
    permission: / dynamodb:(GetItem|PutItem|UpdateItem|DeleteItem|Query)$/,
    reason:
      "One grant for records, lock and waits, which the functions share: who releases the lock starts the next push.",
  },
  {
    permission: / states:(SendTask(Success|Failure|Heartbeat)|DescribeExecution)$/,
    reason: "One grant to answer and to check a wait; how and where it ends depends on which event comes first.",
  },
  // Failures and races: unit tests and the matrix have them
  {
    permission: / (logs:GetLogEvents|secretsmanager:(DescribeSecret|GetSecretValue)|ecs:DescribeTaskDefinition)$/,
    reason: "Reads and redacts the log of a build or task that failed.",
  },
  {
    permission: / cloudwatch:(DescribeAlarmHistory|GetMetricData)$/,
    reason: "Names the requests that raised an alarm.",
  },
  {
    permission: / codedeploy:(ContinueDeployment|StopDeployment|UpdateDeploymentGroup)$/,
    reason: "A deployment that is in the way: ends its bake, stops it, or ignores a red alarm if the commit allows it.",
  },
  {
    permission: /\/ReconcileRole\w+ (codedeploy:|events:|codecommit:GetCommit$)/,
    reason:
      "A holder of the lock that died: what it started is stopped, and a frozen stage is reported. A push that was missed: whether it is skipped.",
  },
  {
    permission: / codecommit:GetDifferences$/,
    reason: "A stage that is deployed only if some paths change.",
  },
  {
    permission: / (ecs:StopTask|codebuild:StopBuild)$/,
    reason: "An abort or a rollback while a migration or a build runs, and tasks of before a restore.",
  },
  {
    permission: /\/BakeRole\w+ ecs:DescribeServices$/,
    reason: "The end of a bake whose event was lost: the step observes it instead of the function resume.",
  },
  {
    permission: /\/PublishAssetsRole\w+ (ecs:(ListTasks|DescribeTasks)|codedeploy:BatchGetDeployments)$/,
    reason: "Tasks that do not start, and a deployment that an earlier attempt has created.",
  },
  {
    permission: /\/RestorePasswordRole\w+ rds:ModifyDBInstance$/,
    reason: "A snapshot whose master password is not the secret's.",
  },
  {
    permission: /\/BuildRole\w+ ecr:DescribeImages$/,
    reason: "A redrive after a build that ended: adopts its image.",
  },
  {
    permission: / ecs:UpdateService$/,
    reason: "Only for a release with another number of tasks or grace period.",
  },
  {
    permission: /\/PruneRole\w+ (ecr:BatchDeleteImage|ecs:DeregisterTaskDefinition|rds:DeleteDBSnapshot)$/,
    reason: "What is old enough to be deleted is older than a scenario.",
  },
];
