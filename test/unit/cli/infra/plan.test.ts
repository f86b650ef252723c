import { describe, expect, test } from "vitest";
import { describePlan, refusalsOf } from "../../../../cli/infra/describe-plan.ts";
import { planUpdate } from "../../../../cli/infra/plan.ts";
import { readStacks } from "../../../../cli/infra/read-stacks.ts";
import type { ConfigInput } from "../../../../lib/config/index.ts";
import { minimal, synthesizeApp } from "../../../prove/synthesize-app.ts";

const stacksOf = (config: ConfigInput) => readStacks(synthesizeApp(config).directory, "production");
const production = (stage: object): ConfigInput => ({
  ...minimal,
  stages: { production: { branch: "main", ...stage } },
});
const app = (fields: object): ConfigInput => ({ ...minimal, app: { ...minimal.app, ...fields } });

/** From the minimal configuration, which is deployed, to another one. */
function planFor(config: ConfigInput, from = minimal) {
  const deployed = new Map(stacksOf(from).map(({ name, template }) => [name, template]));
  return planUpdate(stacksOf(config), deployed);
}

/** Only the stacks that change. */
const textOf = (config: ConfigInput, from?: ConfigInput) =>
  describePlan(planFor(config, from))
    .split("\n")
    .filter((line) => !line.endsWith("no changes"))
    .join("\n");

describe("the plan of an update", () => {
  test("of nothing changes nothing", () => {
    expect(textOf(minimal)).toBe("");
  });

  test("before the first deployment counts what is created, in the order of deployment", () => {
    const plan = planUpdate(stacksOf(minimal), new Map());
    expect(plan.map(({ stack, isNew }) => [stack, isNew])).toEqual([
      ["Shop-Source", true],
      ["Shop-Production-Data", true],
      ["Shop-Production-Service", true],
      ["Shop-Production-Pipeline", true],
    ]);
    expect(describePlan(plan)).toMatch(/^Shop-Production-Data {2}new: .*RDS::DBInstance, /m);
    expect(refusalsOf(plan)).toEqual([]);
  });

  test("leaves out the stacks of other stages", () => {
    const config = { ...minimal, stages: { production: { branch: "main" }, staging: { branch: "next" } } };
    expect(stacksOf(config).map(({ name }) => name)).not.toContain("Shop-Staging-Data");
  });

  test("of a port takes effect with the next release", () => {
    expect(textOf(app({ port: 8000 }))).toMatchInlineSnapshot(`
      "Shop-Production-Pipeline
        update  ReleaseTaskDefinition (ECS::TaskDefinition), takes effect with the next release
            ContainerDefinitions[app].Environment[PORT].Value: 3000 → 8000
            ContainerDefinitions[app].PortMappings[0].ContainerPort: 3000 → 8000"
    `);
  });

  test("of a certificate says what it needs", () => {
    const certificateArn = "arn:aws:acm:eu-west-1:111122223333:certificate/1";
    expect(textOf(production({ certificateArn }))).toMatchInlineSnapshot(`
      "Shop-Production-Service
        update  TrafficProductionListener (Custom::ProductionListener), takes effect at once
            CertificateArn: none → arn:aws:acm:eu-west-1:111122223333:certificate/1
            SslPolicy: none → ELBSecurityPolicy-TLS13-1-2-2021-06
            Needs an issued certificate in the Region of the stage. Port 443 opens, then port 80 redirects to it. Refused while traffic shifts."
    `);
  });

  test("of the database's name is refused", () => {
    expect(textOf(production({ database: { name: "other" } }))).toMatchInlineSnapshot(`
      "Shop-Production-Data
        REFUSED  DatabaseInstance (RDS::DBInstance)
            DBName: app → other
      Shop-Production-Pipeline
        update  ReleaseTaskDefinition (ECS::TaskDefinition), takes effect with the next release
            ContainerDefinitions[app].Environment[PGDATABASE].Value: app → other
      Refused, 1:
        AWS::RDS::DBInstance shop-production cannot be replaced under the same name: DBName changes."
    `);
  });

  test("of the instance type names the restart of the database", () => {
    expect(textOf(production({ database: { instanceType: "t4g.small" } }))).toMatchInlineSnapshot(`
      "Shop-Production-Data
        update  DatabaseInstance (RDS::DBInstance), takes effect at once
            DBInstanceClass: db.t4g.micro → db.t4g.small
            Restarts the database: minutes of downtime; with multiAz, the time of a failover."
    `);
  });

  test("of storage and standby has no downtime, but storage is never reduced", () => {
    const larger = production({ database: { storageGb: 40, multiAz: true } });
    expect(textOf(larger)).toMatchInlineSnapshot(`
      "Shop-Production-Data
        update  DatabaseInstance (RDS::DBInstance), takes effect at once
            AllocatedStorage: 20 → 40
            MultiAZ: false → true
            Storage: no downtime. It cannot be reduced later.
            Standby instance: no downtime."
    `);
    expect(refusalsOf(planFor(minimal, larger))).toEqual([
      "AWS::RDS::DBInstance shop-production: storage cannot be reduced.",
    ]);
  });

  test("of the number of tasks takes effect with the next release", () => {
    expect(textOf(production({ tasks: 3 }))).toMatchInlineSnapshot(`
      "Shop-Production-Pipeline
        update  ReleaseTaskDefinition (ECS::TaskDefinition), takes effect with the next release
            ContainerDefinitions[app].DockerLabels.lockstep.runtime.tasks: 1 → 3
        update  PlanFunction (Lambda::Function), takes effect with its next call
            Environment.Variables.TASK_COUNT: 1 → 3"
    `);
  });

  test("of the password generation creates logins for the next release", () => {
    expect(textOf(production({ database: { passwordGeneration: 2 } }))).toMatchInlineSnapshot(`
      "Shop-Production-Service
        update  DatabaseRoles (Custom::DatabaseRoles), takes effect with the next release
            PasswordGeneration: 1 → 2
            Creates the next logins of the database. Running tasks keep theirs until the next release."
    `);
  });

  test("of the repository's name is refused, because other stacks import it", () => {
    expect(refusalsOf(planFor({ ...minimal, source: { codecommit: { repository: "other" } } }))).toEqual([
      "AWS::CodeCommit::Repository shop cannot change: its values are imported by Shop-Production-Pipeline.",
    ]);
  });

  test("that removes an export which the next template no longer imports names the stack to deploy first", () => {
    const deployed = new Map(stacksOf(minimal).map(({ name, template }) => [name, template]));
    const stacks = structuredClone(stacksOf(minimal));
    const [source, , , pipeline] = stacks;
    if (!source || !pipeline) throw new Error("The stacks are missing");
    source.template.Outputs = {};
    pipeline.template.Resources = {};
    expect(planUpdate(stacks, deployed)[0]?.refusals).toEqual([
      "AWS::CodeCommit::Repository shop cannot change: its values are imported by Shop-Production-Pipeline. Run: npx cdk deploy --exclusively Shop-Production-Pipeline, which will no longer import them, then lockstep infra deploy",
    ]);
  });

  test("that removes a table, or another task definition of the service, is refused", () => {
    const stacks = structuredClone(stacksOf(minimal));
    const deployed = new Map(stacksOf(minimal).map(({ name, template }) => [name, template]));
    for (const { template } of stacks) {
      for (const [id, resource] of Object.entries(template.Resources)) {
        if (resource.Type === "AWS::ECS::Service")
          Object.assign(resource.Properties ?? {}, { TaskDefinition: "other" });
        if (resource.Type === "AWS::DynamoDB::Table") Object.assign(resource, { DeletionPolicy: "Delete" });
        if (resource.Type === "AWS::DynamoDB::Table") Object.assign(resource.Properties ?? {}, { TableName: "other" });
        if (resource.Type === "AWS::ECR::Repository") delete template.Resources[id];
      }
    }
    expect(refusalsOf(planUpdate(stacks, deployed))).toEqual([
      "AWS::DynamoDB::Table shop-production would be replaced by an empty one: TableName changes.",
      "AWS::ECR::Repository shop-production cannot change: its values are imported by Shop-Production-Service, Shop-Production-Pipeline.",
      "AWS::ECS::Service shop-production cannot change its TaskDefinition: only CodeDeploy replaces its tasks.",
    ]);
  });
});
