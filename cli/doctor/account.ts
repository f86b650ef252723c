import { ACMClient, DescribeCertificateCommand } from "@aws-sdk/client-acm";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { AssemblyStack } from "../infra/read-stacks.ts";
import type { AwsAccess } from "../stage/credentials.ts";
import type { Stage } from "../stage/stage.ts";
import { blocked, type Finding, ok, warning } from "./finding.ts";
import { unlessNamed } from "../stage/unless-named.ts";

/** The account that the checks are about. */
export interface Account {
  access: AwsAccess;
  account: string;
  stage: Stage;
}

export const clientOptions = ({ access: { region, provider } }: Account) => ({ region, credentials: provider });

/** The version that the CDK checks too: https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html */
export async function checkBootstrap(target: Account, stacks: readonly AssemblyStack[]): Promise<Finding[]> {
  const required = Math.max(...stacks.map(({ bootstrap }) => bootstrap.version));
  const Name = stacks[0]?.bootstrap.parameter;
  const environment = `aws://${target.account}/${target.access.region}`;
  const fix = `Run: npx cdk bootstrap ${environment}`;
  const ssm = new SSMClient(clientOptions(target));
  const answer = await ssm.send(new GetParameterCommand({ Name })).catch(unlessNamed("ParameterNotFound"));
  if (!answer?.Parameter)
    return [blocked("Bootstrap", `${environment} is not bootstrapped for the CDK (no parameter ${Name}).`, fix)];
  const version = Number(answer.Parameter.Value);
  if (version >= required) return [ok("Bootstrap", `version ${version}, at least ${required} is required`)];
  return [blocked("Bootstrap", `Version ${version} of the bootstrap stack is too old; ${required} is required.`, fix)];
}

const expiryDays = 30;

/** Of the production listener: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html */
export async function checkCertificate(target: Account): Promise<Finding[]> {
  const { certificateArn } = target.stage.config;
  if (certificateArn === undefined) {
    const fix = `Fix: request a certificate in ACM, and set stages.${target.stage.name}.certificateArn.`;
    return [warning("Certificate", "None is configured: production traffic is not encrypted.", fix)];
  }
  const region = certificateArn.split(":")[3];
  if (region !== target.access.region) {
    const fix = `Fix: request one in ${target.access.region}.`;
    return [
      blocked(
        "Certificate",
        `${certificateArn} is in Region ${region}; a load balancer uses only those of its own.`,
        fix,
      ),
    ];
  }
  const acm = new ACMClient(clientOptions(target));
  const command = new DescribeCertificateCommand({ CertificateArn: certificateArn });
  const answer = await acm.send(command).catch(unlessNamed("ResourceNotFoundException"));
  if (!answer?.Certificate)
    return [
      blocked(
        "Certificate",
        `${certificateArn} does not exist.`,
        "Fix: correct certificateArn. Run: aws acm list-certificates",
      ),
    ];
  const { Status, DomainName, SubjectAlternativeNames = [], NotAfter, RenewalEligibility } = answer.Certificate;
  const names = [...new Set([DomainName, ...SubjectAlternativeNames])].join(", ");
  if (Status !== "ISSUED") {
    const fix = "Fix: complete its validation (the DNS records of DescribeCertificate), or request another one.";
    return [blocked("Certificate", `The certificate for ${names} is ${Status}, not ISSUED.`, fix)];
  }
  const days = NotAfter ? Math.floor((NotAfter.getTime() - Date.now()) / 86_400_000) : undefined;
  if (days !== undefined && days < expiryDays && RenewalEligibility !== "ELIGIBLE") {
    return [
      warning(
        "Certificate",
        `The certificate for ${names} expires in ${days} days and is not renewed by ACM.`,
        "Fix: import or request a new one.",
      ),
    ];
  }
  return [ok("Certificate", `issued for ${names}`)];
}
