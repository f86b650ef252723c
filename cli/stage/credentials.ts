import { defaultProvider } from "@aws-sdk/credential-provider-node";
import type { AttributedAwsCredentialIdentity } from "@aws-sdk/types";
import { loadConfig, NODE_REGION_CONFIG_OPTIONS, parseKnownFiles } from "@smithy/core/config";
import { UsageError } from "../errors.ts";
import { prompt } from "../terminal/text.ts";

/** Options of every command that works on AWS. */
export interface AwsOptions {
  profile?: string;
  region?: string;
}

/** Credentials of an AWS account, and where they are from. */
export interface AwsCredentials {
  provider: ReturnType<typeof defaultProvider>;
  accessKeyId: string;
  source: string;
  profile: string | undefined;
}

/** Credentials and the Region of the calls. */
export interface AwsAccess extends AwsCredentials {
  region: string;
}

/**
 * The default credential provider chain of the SDK: environment, then the profile (keys, SSO, role, process, login), web identity,
 * container, instance. One provider for all clients, so that a role is assumed and an MFA code is asked for only once.
 * https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/setting-credentials-node.html
 */
export async function findCredentials(options: AwsOptions): Promise<AwsCredentials> {
  refuseLocalEndpoint();
  const profile = options.profile ?? process.env.AWS_PROFILE;
  if (profile !== undefined) await requireProfile(profile);
  const region = options.region ?? (await defaultRegion(profile));
  const provider = defaultProvider({
    ...(profile !== undefined && { profile }),
    ...(region !== undefined && { clientConfig: { region } }),
    mfaCodeProvider: (device) => prompt(`MFA code of ${device}`),
  });
  const identity: AttributedAwsCredentialIdentity = await provider().catch((error: unknown) => {
    throw error instanceof UsageError ? error : new UsageError(describeMissing(profile, error), { cause: error });
  });
  return { provider, profile, accessKeyId: identity.accessKeyId, source: describeSource(identity, profile) };
}

/** The Region of the option, the stage, the environment or the profile, in this order. */
export async function findRegion(
  { region }: AwsOptions,
  { name, config }: { name: string; config: { region?: string | undefined } },
  profile: string | undefined,
): Promise<string> {
  const stageRegion = config.region;
  if (region !== undefined && stageRegion !== undefined && region !== stageRegion) {
    throw new UsageError(`Stage ${name} is in Region ${stageRegion}, not ${region}. Fix: omit --region.`);
  }
  const configured = region ?? stageRegion ?? (await defaultRegion(profile));
  if (configured !== undefined) return configured;
  throw new UsageError(
    `No AWS Region is configured: not by AWS_REGION, profile ${profile ?? "default"} or stage ${name}. Fix: add --region, or set AWS_REGION.`,
  );
}

async function defaultRegion(profile: string | undefined): Promise<string | undefined> {
  const fallback = process.env.AWS_DEFAULT_REGION;
  const options = profile === undefined ? {} : { profile };
  return loadConfig(NODE_REGION_CONFIG_OPTIONS, options)().catch(() => fallback);
}

/** The environment may still point to a local cloud that has stopped, or runs elsewhere: its keys are not for AWS, nor AWS's for it. */
function refuseLocalEndpoint(): void {
  const endpoint = process.env.AWS_ENDPOINT_URL;
  if (!endpoint?.startsWith("http://127.0.0.1:")) return;
  throw new UsageError(
    `AWS_ENDPOINT_URL is ${endpoint}, a local cloud that does not run in this directory. Fix: lockstep up, or for AWS: unset AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY.`,
  );
}

/** A profile that does not exist must not fall through to the role of the instance. */
async function requireProfile(profile: string): Promise<void> {
  const profiles = Object.keys(await parseKnownFiles({}));
  if (profiles.includes(profile)) return;
  const known = profiles.length === 0 ? "They have no profiles" : `Their profiles are ${profiles.join(", ")}`;
  throw new UsageError(
    `AWS profile "${profile}" is not in the AWS config and credentials files. ${known}. Run: aws configure sso --profile ${profile}`,
  );
}

function describeMissing(profile: string | undefined, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  if (profile !== undefined) {
    return `AWS profile "${profile}" has no valid credentials: ${reason}\nRun: aws sso login --profile ${profile} (for a profile of IAM Identity Center)`;
  }
  const looked =
    "the environment (AWS_ACCESS_KEY_ID), AWS_PROFILE, profile default, web identity token, container role, instance role";
  return `No local cloud is running in this directory, and no AWS credentials were found (${looked}): ${reason}\nFix: lockstep up, or for AWS choose a profile. Run: aws sso login --profile <name>, then repeat the command with --profile <name>`;
}

/** Feature identifiers that the providers of the SDK attach to credentials, the most specific first. */
const sources: readonly [string, string][] = [
  ["CREDENTIALS_SSO", "IAM Identity Center (SSO)"],
  ["CREDENTIALS_SSO_LEGACY", "IAM Identity Center (SSO)"],
  ["CREDENTIALS_PROCESS", "credential process"],
  ["CREDENTIALS_STS_ASSUME_ROLE_WEB_ID", "web identity token"],
  ["CREDENTIALS_STS_ASSUME_ROLE", "assumed role"],
  ["CREDENTIALS_LOGIN", "aws login"],
  ["CREDENTIALS_PROFILE", "access key"],
  ["CREDENTIALS_ENV_VARS", "environment variables"],
];

function describeSource({ $source = {} }: AttributedAwsCredentialIdentity, profile: string | undefined): string {
  const [, source = "container or instance role"] = sources.find(([feature]) => feature in $source) ?? [];
  return profile === undefined ? source : `profile ${profile}: ${source}`;
}
