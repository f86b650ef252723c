interface AcceptedFinding {
  /** Matches `Rule[finding] path/of/construct`. */
  finding: RegExp;
  reason: string;
}

/** Findings of cdk-nag that remain, and why. What an account decides is in the checklist of docs/security.md. */
export const acceptedFindings: readonly AcceptedFinding[] = [
  // Network
  {
    finding: /VPC7 |VPCFlowLogsEnabled /,
    reason: "Decided per account (price by traffic, retention): in the checklist.",
  },
  {
    finding: /EC23 .*LoadBalancerSecurityGroup/,
    reason:
      "The load balancer is public: ports 80 and 443 only; the test listener accepts only the pipeline's address.",
  },
  {
    finding: /EC2Restricted(CommonPorts|SSH) .*LoadBalancerSecurityGroup/,
    reason: "The rule cannot read the address of the NAT gateway, a token; the group opens 80, 443 and the test port.",
  },
  {
    finding: /VPCDefaultSecurityGroupClosed /,
    reason: "Nothing is in the default security group; closing it takes a custom resource with broad permissions.",
  },
  {
    finding: /(VPCSubnetAutoAssignPublicIpDisabled|VPCNoUnrestrictedRouteToIGW) .*publicSubnet/,
    reason:
      "Public subnets hold only the load balancer and the NAT gateway; tasks, functions and database are private.",
  },
  { finding: /ALBWAFEnabled /, reason: "Decided per account (price, rules that fit the app): in the checklist." },
  {
    finding: /(ELB2|ELBLoggingEnabled) /,
    reason:
      "Decided per account (retention of visitors' addresses): in the checklist. Metrics and alarms need no logs.",
  },
  {
    finding: /ELBDeletionProtectionEnabled /,
    reason: "The service stack holds nothing that would be lost: it can be deleted and created again.",
  },
  {
    finding: /(ALBHttpToHttpsRedirection|ELBv2ACMCertificateRequired) .*\/Test\//,
    reason: "Only the pipeline reaches the test listener, to probe green without user data.",
  },
  {
    finding: /LambdaFunctionPublicAccessProhibited .*ReceiveWebhook/,
    reason:
      "GitHub cannot sign requests for AWS. The function may only store deliveries whose signature it has verified, with a bounded concurrency.",
  },
  // Database, table and secrets
  {
    finding: /(RDS3|RDSMultiAZSupport) /,
    reason: "An option: database.multiAz, in the checklist for production. A stage for tests does not pay for it.",
  },
  { finding: /RDS11 /, reason: "Another port hides nothing: the security group admits tasks and functions only." },
  {
    finding: /RDSEnhancedMonitoringEnabled /,
    reason: "Metrics of the hypervisor are enough for the alarms; enhanced ones need a role with a managed policy.",
  },
  {
    finding: /RDSInBackupPlan /,
    reason:
      "Automated backups for 7 days with point-in-time recovery, a snapshot before migrations, deletion protection.",
  },
  {
    finding: /RDSLoggingEnabled\[/,
    reason:
      "RDS keeps the log for 3 days. It can contain values of users: who may read it longer is decided per account.",
  },
  { finding: /DynamoDBInBackupPlan /, reason: "Point-in-time recovery of 35 days and deletion protection are on." },
  {
    finding: /(SMG4|SecretsManagerRotationEnabled) /,
    reason:
      "Tasks read secrets when they start, so a rotation by schedule would break running ones; rotate with a release.",
  },
  {
    finding: /SecretsManagerUsingKMSKey /,
    reason: "Encrypted with the key of Secrets Manager; read access is limited to the roles of the stage by IAM.",
  },
  // Logs and alarms
  {
    finding: /CloudWatchLogGroupEncrypted /,
    reason: "CloudWatch Logs encrypts with its own key. Logs hold no execution data, and secrets are redacted.",
  },
  {
    finding: /CloudWatchAlarmAction /,
    reason: "CodeDeploy and an event rule act on the alarms; people are notified by Lockstep's events.",
  },
  {
    finding: /SF2 /,
    reason: "The history of an execution has every step with its times; traces would add permissions on all resources.",
  },
  // Compute
  {
    finding: /CB4 /,
    reason: "The key encrypts artifacts and caches, of which the project has none.",
  },
  {
    finding: /ECS2 /,
    reason: "Configuration without secrets (port, stage, release). Secrets are references to Secrets Manager.",
  },
  {
    finding: /LambdaConcurrency /,
    reason: "The lock serializes deployments; reserving concurrency takes it from the account, whose quota may be 10.",
  },
  {
    finding: /LambdaDLQ /,
    reason:
      "State machines retry calls; an event that is lost after EventBridge's retries is made up for by Reconcile.",
  },
  {
    finding: /LambdaInsideVPC /,
    reason: "Only functions that reach the database or the load balancer are in the VPC; the others call AWS APIs.",
  },
  // Permissions. Each statement is checked against the service authorization reference: permissions.ts.
  {
    finding: /IAMNoInlinePolicy /,
    reason: "A policy per role, deleted with it, that cannot be attached to anything else.",
  },
  {
    finding: /IAM5\[Resource::\*\] /,
    reason: "Actions without a resource type, and the exceptions in permissions.ts.",
  },
  {
    finding: /IAM5\[Resource::.*:(task|task-set|execution|task-definition)[:/][^*]+[:/]\*\] /,
    reason: "Ids that ECS and Step Functions assign, in the cluster, machine and family of the stage.",
  },
  {
    finding: /IAM5\[Resource::.*:listener\*?\/app\/[^*]+\/\*\] /,
    reason: "Ids that the load balancer assigns to its listeners and rules.",
  },
  {
    finding: /IAM5\[Resource::.*:log-group:[^*]+:\*\] /,
    reason: "The streams of one log group.",
  },
  {
    finding: /IAM5\[Resource::.*:(db:[^*]+-(restored|before)|snapshot:[^*]+-snapshot)-\*\] /,
    reason: "Names with a time, reserved for restores and snapshots of the stage.",
  },
  {
    finding: /IAM5\[Resource::.*:(subgrp|pg|og):\*\] .*\/Restore\//,
    reason: "The groups of the live instance are known at run time only.",
  },
  {
    finding: /IAM5\[Resource::.*:(db|snapshot):\*\] .*\/Prune\//,
    reason: "DescribeDBSnapshots without an instance lists all; deleting is limited to the stage's snapshots.",
  },
  {
    finding: /IAM5\[Resource::.*:deploymentconfig:\*\] /,
    reason: "Reads the waits of a configuration, which may be one of AWS's own.",
  },
  {
    finding: /IAM5\[Action::s3:(GetObject|GetBucket|List)\*\] .*\/BuildProject\//,
    reason: "The CDK's grant to read the release kit, one object of the bootstrap bucket.",
  },
  {
    finding: /IAM5\[Resource::.*BuildProjectCacheBucket[^*]+\/builds\/\*\] .*\/BuildProject\//,
    reason: "Names that CodeBuild gives to the objects of its cache.",
  },
  {
    finding:
      /(S1|S3BucketLoggingEnabled|S3BucketReplicationEnabled|S3BucketVersioningEnabled) .*\/BuildProject\/Cache\//,
    reason: "A cache: every object can be made again, expires after 30 days and is only used by CodeBuild.",
  },
  {
    finding: /S3DefaultEncryptionKMS .*\/BuildProject\/Cache\//,
    reason: "Encrypted with the key of S3; access is limited to the role of the builds by IAM.",
  },
];
