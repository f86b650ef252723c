const allow = (...actions: string[]) => ({ Effect: "Allow", Action: actions, Resource: "*" });
const policy = (...Statement: object[]) => ({ Version: "2012-10-17", Statement });

const writeLogs = ["logs:CreateLogStream", "logs:PutLogEvents"];
const networkInterfaces = [
  "ec2:CreateNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:DeleteNetworkInterface",
  "ec2:AssignPrivateIpAddresses",
  "ec2:UnassignPrivateIpAddresses",
];

/** AWS managed policies that the CDK attaches, with the statements of the AWS Managed Policy Reference. */
export const awsManagedPolicies: Readonly<Record<string, object>> = {
  "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole": policy(
    allow("logs:CreateLogGroup", ...writeLogs),
  ),
  "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole": policy(
    allow("logs:CreateLogGroup", ...writeLogs, ...networkInterfaces),
  ),
  "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy": policy(
    allow(
      "ecr:GetAuthorizationToken",
      "ecr:BatchCheckLayerAvailability",
      "ecr:GetDownloadUrlForLayer",
      "ecr:BatchGetImage",
      ...writeLogs,
    ),
  ),
  "arn:aws:iam::aws:policy/AWSCodeDeployRoleForECS": policy(
    allow(
      "ecs:DescribeServices",
      "ecs:CreateTaskSet",
      "ecs:UpdateServicePrimaryTaskSet",
      "ecs:DeleteTaskSet",
      "elasticloadbalancing:DescribeTargetGroups",
      "elasticloadbalancing:DescribeListeners",
      "elasticloadbalancing:ModifyListener",
      "elasticloadbalancing:DescribeRules",
      "elasticloadbalancing:ModifyRule",
      "lambda:InvokeFunction",
      "cloudwatch:DescribeAlarms",
      "sns:Publish",
      "s3:GetObject",
      "s3:GetObjectVersion",
    ),
    { ...allow("iam:PassRole"), Condition: { StringLike: { "iam:PassedToService": ["ecs-tasks.amazonaws.com"] } } },
  ),
};
