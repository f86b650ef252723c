import { App } from "aws-cdk-lib";
import { beforeAll, describe, expect, test } from "vitest";
import { matchesPattern } from "#local/access/pattern.ts";
import { matchesPattern as matchesEvent, parsePattern } from "#local/services/eventbridge/pattern.ts";
import { parseConfig } from "../../lib/config/index.ts";
import { createStacks } from "../../lib/stacks.ts";

interface Template {
  Resources: Record<string, { Type: string; Properties?: Record<string, unknown> }>;
}

function synthesize(
  name: string,
  stages: readonly string[],
  place: { account?: string; region?: string; certificateArn?: string; variables?: Record<string, string> } = {},
) {
  const app = new App();
  const configured = Object.fromEntries(stages.map((stage) => [stage, { branch: stage, ...place }]));
  createStacks(app, parseConfig({ name, app: {}, stages: configured }, "lockstep.config.ts"));
  return app.synth();
}

/** An account and Region, so that ARNs are text. */
const place = { account: "111122223333", region: "eu-west-1" };
let templates: Map<string, Template>;

beforeAll(() => {
  const assembly = synthesize("shop", ["prod", "prod-eu", "production-of-the-eu1"], place);
  expect(assembly.manifest.missing ?? []).toEqual([]);
  expect(new Set(assembly.stacks.map(({ environment }) => environment.name))).toEqual(
    new Set(["aws://111122223333/eu-west-1"]),
  );
  templates = new Map(assembly.stacks.map(({ stackName, template }) => [stackName, template as Template]));
}, 120_000);

test("stages in the account and Region of the credentials are synthesized with their repository", () => {
  const { stacks } = synthesize("shop", ["prod", "staging"]);
  expect(stacks).toHaveLength(7);
  expect(new Set(stacks.map(({ environment }) => environment.name))).toEqual(
    new Set(["aws://unknown-account/unknown-region"]),
  );
}, 120_000);

test.each([
  ["production", {}, [expect.stringContaining("set certificateArn")]],
  ["production", { certificateArn: "arn:aws:acm:eu-west-1:111122223333:certificate/1" }, []],
  ["staging", { variables: { STRIPE_KEY: "a", NEXT_PUBLIC_MAP_TOKEN: "a" } }, []],
  ["staging", { variables: { MAIL_PASSWORD: "a" } }, [expect.stringContaining("lockstep secret set MAIL_PASSWORD")]],
])(
  "stage %s with %j has the warnings %j",
  (stage, options, warnings) => {
    const { stacks } = synthesize("shop", [stage], options);
    const messages = stacks.flatMap((stack) => stack.messages).map(({ entry }) => JSON.stringify(entry.data));
    expect(messages.filter((message) => message.includes("lockstep:"))).toEqual(warnings);
  },
  120_000,
);

const resources = (stage: string) =>
  ["Data", "Service", "Pipeline"].flatMap((stack) =>
    Object.values(templates.get(`Shop-${stage}-${stack}`)?.Resources ?? {}),
  );

/** Text of a value in a template; what only AWS knows becomes a name of its own. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  const join = (value as { "Fn::Join"?: [string, unknown[]] })["Fn::Join"];
  if (join) return join[1].map(textOf).join(join[0]);
  return (value as { Ref?: string }).Ref === "AWS::Partition" ? "aws" : JSON.stringify(value);
}

/** The resources of all statements that name the stage. */
function patternsOf(stage: string, prefix: string): string[] {
  const policies = resources(stage).filter(({ Type }) => Type === "AWS::IAM::Policy");
  const statements = policies.flatMap(
    ({ Properties = {} }) => (Properties.PolicyDocument as { Statement: { Resource: unknown }[] }).Statement,
  );
  const all = statements.flatMap(({ Resource }) => [Resource].flat().map(textOf));
  return [...new Set(all)].filter((pattern) => pattern.includes(prefix) && pattern.startsWith("arn:"));
}

const arns = (prefix: string) =>
  [
    `rds:eu-west-1:111122223333:db:${prefix}`,
    `rds:eu-west-1:111122223333:db:${prefix}-restored-20261128091200`,
    `rds:eu-west-1:111122223333:db:${prefix}-before-20261128091200`,
    `rds:eu-west-1:111122223333:snapshot:${prefix}-snapshot-1a2b3c4d-6f1c2d3e-0000-4000-8000-000000000000-r1`,
    `rds:eu-west-1:111122223333:snapshot:rds:${prefix}-2026-11-28-09-12`,
    ...["deploy", "rollback", "restore"].flatMap((machine) => [
      `states:eu-west-1:111122223333:stateMachine:${prefix}-${machine}`,
      `states:eu-west-1:111122223333:execution:${prefix}-${machine}:1a2b3c4d`,
    ]),
    `ecs:eu-west-1:111122223333:task-definition/${prefix}:7`,
    `ecs:eu-west-1:111122223333:task-definition/${prefix}-migrate:7`,
    `ecs:eu-west-1:111122223333:service/${prefix}/${prefix}`,
    `cloudwatch:eu-west-1:111122223333:alarm:${prefix}-errors-blue`,
    `elasticloadbalancing:eu-west-1:111122223333:listener/app/${prefix}/1a2b3c4d/5e6f`,
    `ecr:eu-west-1:111122223333:repository/${prefix}/docker/library/node`,
  ].map((arn) => `arn:aws:${arn}`);

const pair = [
  ["Prod", "shop-prod", "shop-prod-eu"],
  ["ProdEu", "shop-prod-eu", "shop-prod"],
] as const;

describe.each(pair)("stage %s", (stage, prefix, other) => {
  test("may use its own resources, and none of a stage whose name starts like its own", () => {
    const patterns = patternsOf(stage, prefix);
    const allowed = (arn: string) => patterns.filter((pattern) => matchesPattern(pattern, arn));
    for (const arn of arns(prefix)) expect(allowed(arn), arn).not.toEqual([]);
    for (const arn of arns(other)) expect(allowed(arn), arn).toEqual([]);
  });

  test("receives the events of its own database, and none of such a stage", () => {
    const rules = resources(stage).flatMap(({ Properties }) =>
      JSON.stringify(Properties?.EventPattern ?? {}).includes("aws.rds") ? [Properties?.EventPattern] : [],
    );
    const received = (kind: string, SourceIdentifier: string) =>
      rules.filter((rule) =>
        matchesEvent(parsePattern(JSON.stringify(rule)), {
          source: "aws.rds",
          "detail-type": `RDS DB ${kind} Event`,
          detail: { SourceIdentifier },
        }),
      ).length;
    const events = (name: string) => [
      received("Instance", name),
      received("Instance", `${name}-restored-20261128091200`),
      received("Instance", `${name}-before-20261128091200`),
      received("Snapshot", `${name}-snapshot-1a2b3c4d`),
    ];
    expect(events(prefix)).toEqual([1, 1, 1, 1]);
    expect(events(other)).toEqual([0, 0, 0, 0]);
  });
});

/** Maximum lengths of names: the API reference of each service. */
const longest: Readonly<Record<string, [property: string, length: number]>> = {
  "AWS::ElasticLoadBalancingV2::LoadBalancer": ["Name", 32],
  "AWS::ElasticLoadBalancingV2::TargetGroup": ["Name", 32],
  "AWS::Lambda::Function": ["FunctionName", 64],
  "AWS::StepFunctions::StateMachine": ["StateMachineName", 80],
  "AWS::RDS::DBInstance": ["DBInstanceIdentifier", 63],
  "AWS::ECR::PullThroughCacheRule": ["EcrRepositoryPrefix", 30],
  "AWS::CodeDeploy::Application": ["ApplicationName", 100],
};

test("the names of a stage with the longest name are accepted by AWS", () => {
  const stage = resources("ProductionOfTheEu1");
  for (const [type, [property, length]] of Object.entries(longest)) {
    const names = stage.flatMap(({ Type, Properties }) => (Type === type ? [String(Properties?.[property])] : []));
    expect(names, type).not.toEqual([]);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) {
      expect(name.length, name).toBeLessThanOrEqual(length);
      expect(name).toMatch(/^shop-production-of-the-eu1(-[a-z0-9]+)*$/);
    }
  }
});
