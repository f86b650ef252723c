import { CloudWatchLogsClient, paginateDescribeLogGroups } from "@aws-sdk/client-cloudwatch-logs";
import { CodeCommitClient, GetRepositoryCommand } from "@aws-sdk/client-codecommit";
import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DescribeRepositoriesCommand, ECRClient } from "@aws-sdk/client-ecr";
import { DescribeLoadBalancersCommand, ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { DescribeDBInstancesCommand, RDSClient } from "@aws-sdk/client-rds";
import { DescribeSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { AssemblyStack, Template } from "../infra/read-stacks.ts";
import { physicalName } from "../infra/rules.ts";
import { type Account, clientOptions } from "./account.ts";
import { attempt, blocked, type Finding, ok } from "./finding.ts";
import { unlessNamed } from "../stage/unless-named.ts";

interface NamedResource {
  type: string;
  name: string;
}

/** Named resources that the next deployment creates: a name that is in use makes it fail. */
function createdNames(stacks: readonly AssemblyStack[], deployed: ReadonlyMap<string, Template>): NamedResource[] {
  return stacks.flatMap(({ name: stack, template }) =>
    Object.entries(template.Resources).flatMap(([id, resource]) => {
      const name = physicalName(resource);
      const isDeployed = deployed.get(stack)?.Resources[id] !== undefined;
      return name === undefined || isDeployed ? [] : [{ type: resource.Type, name }];
    }),
  );
}

/** Finds resources that exist outside the stacks, for example because they were kept when a stack was deleted. */
export async function checkNames(
  target: Account,
  { stacks, deployed }: { stacks: readonly AssemblyStack[]; deployed: ReadonlyMap<string, Template> },
): Promise<Finding[]> {
  const lookups = createLookups(target);
  const names = createdNames(stacks, deployed);
  const taken = await Promise.all([
    ...names.map(async ({ type, name }) => {
      const lookup = lookups[type];
      return lookup ? attempt("Names", async () => describeTaken(type, name, await lookup(name))) : [];
    }),
    attempt("Names", () => checkLogGroups(target, names)),
  ]);
  const findings = taken.flat();
  return findings.length > 0
    ? findings
    : [ok("Names", names.length === 0 ? "all resources are deployed" : `${names.length} are free`)];
}

type State = "free" | "exists" | "scheduled for deletion";

/** Types whose resources are kept when a stack is deleted, and the load balancer, whose name is unique in a Region. */
function createLookups(target: Account): Readonly<Record<string, (name: string) => Promise<State>>> {
  const options = clientOptions(target);
  const [ecr, secrets, rds] = [new ECRClient(options), new SecretsManagerClient(options), new RDSClient(options)];
  const [tables, balancers] = [new DynamoDBClient(options), new ElasticLoadBalancingV2Client(options)];
  const codecommit = new CodeCommitClient(options);
  const existing = (value: unknown): State => (value === undefined ? "free" : "exists");
  return {
    async "AWS::CodeCommit::Repository"(repositoryName) {
      const command = new GetRepositoryCommand({ repositoryName });
      return existing(await codecommit.send(command).catch(unlessNamed("RepositoryDoesNotExistException")));
    },
    async "AWS::DynamoDB::Table"(TableName) {
      const command = new DescribeTableCommand({ TableName });
      return existing(await tables.send(command).catch(unlessNamed("ResourceNotFoundException")));
    },
    async "AWS::ECR::Repository"(repositoryName) {
      const command = new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] });
      return existing(await ecr.send(command).catch(unlessNamed("RepositoryNotFoundException")));
    },
    async "AWS::ElasticLoadBalancingV2::LoadBalancer"(name) {
      const command = new DescribeLoadBalancersCommand({ Names: [name] });
      return existing(await balancers.send(command).catch(unlessNamed("LoadBalancerNotFoundException")));
    },
    async "AWS::RDS::DBInstance"(DBInstanceIdentifier) {
      const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier });
      return existing(await rds.send(command).catch(unlessNamed("DBInstanceNotFoundFault")));
    },
    async "AWS::SecretsManager::Secret"(SecretId) {
      const command = new DescribeSecretCommand({ SecretId });
      const secret = await secrets.send(command).catch(unlessNamed("ResourceNotFoundException"));
      return secret?.DeletedDate ? "scheduled for deletion" : existing(secret);
    },
  };
}

async function checkLogGroups(target: Account, names: readonly NamedResource[]): Promise<Finding[]> {
  const client = new CloudWatchLogsClient(clientOptions(target));
  const groups = names.filter(({ type }) => type === "AWS::Logs::LogGroup").map(({ name }) => name);
  const { prefix } = target.stage;
  const prefixes = new Set(groups.map((name) => name.slice(0, name.indexOf(prefix) + prefix.length)));
  const findings: Finding[] = [];
  for (const logGroupNamePrefix of prefixes) {
    for await (const { logGroups = [] } of paginateDescribeLogGroups({ client }, { logGroupNamePrefix })) {
      const taken = logGroups.flatMap(({ logGroupName = "" }) => (groups.includes(logGroupName) ? [logGroupName] : []));
      findings.push(...taken.flatMap((name) => describeTaken("AWS::Logs::LogGroup", name, "exists")));
    }
  }
  return findings;
}

function describeTaken(type: string, name: string, state: State): Finding[] {
  if (state === "free") return [];
  const subject = `${type.replace(/^AWS::/, "")} ${name}`;
  if (state === "exists") {
    const fix = "Fix: import it (docs/aws.md, Import what was kept), delete it, or rename the stage.";
    return [blocked("Names", `${subject} exists, but belongs to no stack of this stage.`, fix)];
  }
  const fix = `Run: aws secretsmanager restore-secret --secret-id ${name}, then import it, or delete it with --force-delete-without-recovery`;
  return [blocked("Names", `${subject} is scheduled for deletion; its name is in use until then.`, fix)];
}
