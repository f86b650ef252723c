import {
  DescribeAccountAttributesCommand,
  DescribeAddressesCommand,
  EC2Client,
  paginateDescribeVpcs,
} from "@aws-sdk/client-ec2";
import { GetAccountSettingsCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetServiceQuotaCommand, paginateListServiceQuotas, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import type { AssemblyStack } from "../infra/read-stacks.ts";
import { type Account, clientOptions } from "./account.ts";
import { blocked, type Finding, ok } from "./finding.ts";

/** https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html: of the compute type and image of the build project. */
const buildQuota = /^Concurrently running builds for Linux\/Small/i;

/** New accounts may have a quota of 0: https://github.com/aws-ia/terraform-aws-control_tower_account_factory/issues/100 */
export async function checkBuilds(target: Account): Promise<Finding[]> {
  const client = new ServiceQuotasClient(clientOptions(target));
  for await (const { Quotas = [] } of paginateListServiceQuotas({ client }, { ServiceCode: "codebuild" })) {
    const quota = Quotas.find(({ QuotaName = "" }) => buildQuota.test(QuotaName));
    if (!quota) continue;
    const { Value = 0, QuotaCode } = quota;
    if (Value > 0) return [ok("Builds", `quota of ${Value} concurrent builds`)];
    return [
      blocked(
        "Builds",
        "The quota of concurrent CodeBuild builds is 0: no build would start.",
        increase("codebuild", QuotaCode, 1),
      ),
    ];
  }
  throw new Error("Service Quotas lists no quota of concurrent Linux/Small builds");
}

/** Functions of the pipeline, their retries, and events that come together. As much must stay unreserved. */
const unreservedConcurrency = 100;

/**
 * New accounts have a reduced quota: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 * Lambda refuses a reservation that leaves fewer than 100: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
 */
export async function checkFunctions(target: Account, stacks: readonly AssemblyStack[]): Promise<Finding[]> {
  const functions = stacks.flatMap(({ template }) => Object.values(template.Resources));
  const reserved = functions.map(({ Properties }) => Number(Properties?.ReservedConcurrentExecutions ?? 0));
  const required = reserved.reduce((sum, count) => sum + count, unreservedConcurrency);
  const client = new LambdaClient(clientOptions(target));
  const { AccountLimit } = await client.send(new GetAccountSettingsCommand({}));
  const limit = AccountLimit?.ConcurrentExecutions ?? 0;
  if (limit >= required) return [ok("Functions", `quota of ${limit} concurrent executions`)];
  const fix = increase("lambda", "L-B99A9384", required);
  return [
    blocked("Functions", `The quota of concurrent Lambda executions is ${limit}; ${required} are required.`, fix),
  ];
}

/** A stage has a VPC and an Elastic IP address of its own: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html */
export async function checkNetwork(target: Account, isDeployed: boolean): Promise<Finding[]> {
  if (isDeployed) return [ok("Network", "deployed")];
  const client = new EC2Client(clientOptions(target));
  const quotas = new ServiceQuotasClient(clientOptions(target));
  const [{ Quota }, { Addresses = [] }, { AccountAttributes = [] }] = await Promise.all([
    quotas.send(new GetServiceQuotaCommand({ ServiceCode: "vpc", QuotaCode: "L-F678F1CE" })),
    client.send(new DescribeAddressesCommand({})),
    client.send(new DescribeAccountAttributesCommand({})),
  ]);
  let vpcs = 0;
  for await (const { Vpcs = [] } of paginateDescribeVpcs({ client }, {})) vpcs += Vpcs.length;
  const attribute = AccountAttributes.find(({ AttributeName }) => AttributeName === elasticIpQuota);
  const addresses = Number(attribute?.AttributeValues?.[0]?.AttributeValue ?? 0);
  return [
    compare("VPCs", { used: vpcs, quota: Quota?.Value, fix: increase("vpc", "L-F678F1CE") }),
    compare("Elastic IPs", { used: Addresses.length, quota: addresses, fix: increase("ec2", "L-0263D0A3") }),
  ];
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAccountAttributes.html; the SDK does not know all names. */
const elasticIpQuota: string = "vpc-max-elastic-ips";

function compare(
  check: string,
  { used, quota = 0, fix }: { used: number; quota: number | undefined; fix: string },
): Finding {
  const message = `${used} of ${quota} are in use`;
  return used < quota ? ok(check, message) : blocked(check, `${message}; a stage needs one more.`, fix);
}

const increase = (service: string, code = "<code>", value: number | string = "<value>") =>
  `Run: aws service-quotas request-service-quota-increase --service-code ${service} --quota-code ${code} --desired-value ${value}`;
