/** Global keys that every request has: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html */
export interface GlobalKeys {
  region: string;
  accountId: string;
  /** Milliseconds since 1970. */
  now: number;
  principalArn: string;
}

export function globalKeys({ region, accountId, now, principalArn }: GlobalKeys): Record<string, string> {
  return {
    "aws:CurrentTime": new Date(now).toISOString(),
    "aws:EpochTime": String(Math.floor(now / 1000)),
    "aws:PrincipalAccount": accountId,
    "aws:PrincipalArn": principalArn,
    "aws:PrincipalIsAWSService": "false",
    "aws:PrincipalType": "AssumedRole",
    "aws:RequestedRegion": region,
    // The endpoint is on loopback; on AWS every endpoint is reached by TLS.
    "aws:SecureTransport": "true",
    "aws:ViaAWSService": "false",
  };
}

/** Keys that requests may have here: the global ones, those of a trust policy, and what services supply. */
const suppliedKeys = new Set(
  [
    ...Object.keys(globalKeys({ region: "", accountId: "", now: 0, principalArn: "" })),
    "aws:SourceAccount",
    "aws:SourceArn",
    "cloudwatch:namespace",
    "dynamodb:LeadingKeys",
    "ecs:cluster",
    "ecs:service",
    "events:detail-type",
    "events:source",
    "iam:PassedToService",
    "secretsmanager:VersionStage",
  ].map((key) => key.toLowerCase()),
);

export function isSupplied(key: string): boolean {
  const name = key.toLowerCase();
  return suppliedKeys.has(name) || name.startsWith("aws:resourcetag/");
}
