import { App } from "aws-cdk-lib";
import { beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../lib/config.ts";
import { createStacks } from "../../lib/stacks.ts";

interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
}
interface Statement {
  Effect: string;
  Action: string | string[];
  Resource?: unknown;
  Condition?: Record<string, Record<string, unknown>>;
}

let resources: [string, Resource][] = [];

beforeAll(async () => {
  const app = new App({ context: { "@aws-cdk/core:defaultCrossStackReferences": "strong" } });
  createStacks(app, await loadConfig("lockstep.config.ts"));
  const templates = app.synth().stacks.map(({ template }) => template as { Resources: Record<string, Resource> });
  resources = templates.flatMap(({ Resources }) => Object.entries(Resources));
});

const ofType = (type: string) => resources.filter(([, resource]) => resource.Type === type);
const properties = (type: string) => ofType(type).map(([, resource]) => resource.Properties);

function statements(): { id: string; statement: Statement }[] {
  return ofType("AWS::IAM::Policy").flatMap(([id, { Properties }]) => {
    const { Statement: list } = Properties.PolicyDocument as { Statement: Statement[] };
    return list.map((statement) => ({ id, statement }));
  });
}

const actions = ({ Action }: Statement) => [Action].flat();

/** Actions for which AWS has no resource-level permissions, or whose resource only AWS knows beforehand. */
const withoutResource =
  /^(ec2:(Create|Describe|Delete)NetworkInterface(s)?|ec2:DescribeSubnets|ecr:GetAuthorizationToken|ecs:(Describe|Deregister)TaskDefinition|ecs:ListTaskDefinitions|ecs:ListTasks|elasticloadbalancing:Describe\w+|cloudwatch:(DescribeAlarms|PutMetricData)|rds:DescribeAccountAttributes|logs:\w+)$/;

describe("permissions in the templates", () => {
  it("never allow every action", () => {
    const broad = statements().filter(({ statement }) =>
      actions(statement).some((action) => /^\*$|^\w+:\*$/.test(action)),
    );
    expect(broad).toEqual([]);
  });

  it("name a resource wherever AWS can hold the action to one", () => {
    const open = statements()
      .filter(({ statement }) => statement.Resource === "*")
      .flatMap(({ id, statement }) =>
        actions(statement)
          .filter((action) => !withoutResource.test(action))
          .map((action) => `${id}: ${action}`),
      );
    expect(open).toEqual([]);
  });

  it("hand on roles only to tasks of ECS", () => {
    const passing = statements().filter(({ statement }) => actions(statement).includes("iam:PassRole"));
    expect(passing.length).toBeGreaterThan(0);
    for (const { statement } of passing) {
      expect(statement.Resource).not.toBe("*");
      expect(statement.Condition).toEqual({ StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } });
    }
  });

  it("come from policies of our own, one role a function", () => {
    for (const role of properties("AWS::IAM::Role")) expect(role.ManagedPolicyArns).toBeUndefined();
    const roles = properties("AWS::Lambda::Function").map(({ Role }) => JSON.stringify(Role));
    expect(new Set(roles).size).toBe(roles.length);
  });

  it("let only those read secrets who log in to the database, or take secrets out of a failed task's words", () => {
    const readers = statements()
      .filter(({ statement }) => actions(statement).includes("secretsmanager:GetSecretValue"))
      .map(({ id }) => id.replace(/(Role)?DefaultPolicy.*$/, ""));
    expect(new Set(readers)).toEqual(
      new Set(["AppExecution", "Plan", "Migrate", "ShiftTraffic", "Resume", "RestoreAssess", "RestorePassword"]),
    );
  });

  it("let few put events, in our own name alone and one kind each", () => {
    const speakers = statements().filter(({ statement }) => actions(statement).includes("events:PutEvents"));
    const conditions = speakers.map(({ id, statement }) => [
      id.replace(/(Role)?DefaultPolicy.*$/, ""),
      statement.Condition,
    ]);
    const only = (kind: string) => ({ StringEquals: { "events:source": "lockstep", "events:detail-type": kind } });
    expect(Object.fromEntries(conditions)).toEqual({
      Approve: only("Lockstep Approval Requested"),
      Close: only("Lockstep Rolled Back"),
      StartRollback: only("Lockstep Stage Frozen"),
      Reconcile: only("Lockstep Stage Frozen"),
    });
  });

  it("allow no function to start a restore, and only the steps of a restore to change the database", () => {
    const starters = statements().filter(
      ({ statement }) =>
        actions(statement).includes("states:StartExecution") && /-restore/.test(JSON.stringify(statement.Resource)),
    );
    expect(starters).toEqual([]);
    const changers = statements().flatMap(({ id, statement }) =>
      actions(statement)
        .filter((action) => /^rds:(Restore|Modify|Delete)DB(Instance|Snapshot)/.test(action))
        .map((action) => `${id.replace(/(Role)?DefaultPolicy.*$/, "")} ${action}`),
    );
    expect(new Set(changers)).toEqual(
      new Set([
        "RestoreSnapshot rds:RestoreDBInstanceFromDBSnapshot",
        "RestorePassword rds:ModifyDBInstance",
        "RestoreSwap rds:ModifyDBInstance",
        "Prune rds:DeleteDBSnapshot",
      ]),
    );
  });
});

describe("what the templates keep safe", () => {
  it("keeps the database encrypted, private, protected, and out of a stack's reach", () => {
    const [[, database] = ["", undefined]] = ofType("AWS::RDS::DBInstance");
    expect(database?.DeletionPolicy).toBe("Retain");
    expect(database?.Properties).toMatchObject({
      StorageEncrypted: true,
      PubliclyAccessible: false,
      DeletionProtection: true,
    });
  });

  it("builds without privileged mode and pushes tags that cannot be moved", () => {
    const [project] = properties("AWS::CodeBuild::Project");
    expect(project?.Environment).toMatchObject({ PrivilegedMode: false });
    expect(properties("AWS::ECR::Repository")[0]).toMatchObject({ ImageTagMutability: "IMMUTABLE" });
  });

  it("keeps execution data out of the machine's log", () => {
    expect(properties("AWS::StepFunctions::StateMachine")[0]?.LoggingConfiguration).toMatchObject({
      IncludeExecutionData: false,
    });
  });

  it("opens the test listener to the pipeline alone", () => {
    const open = ofType("AWS::EC2::SecurityGroup")
      .flatMap(
        ([, { Properties }]) => (Properties.SecurityGroupIngress ?? []) as { CidrIp: unknown; FromPort: number }[],
      )
      .filter(({ FromPort }) => FromPort === 9000);
    expect(open).toHaveLength(1);
    expect(open[0]?.CidrIp).not.toBe("0.0.0.0/0");
  });
});

describe("alarms", () => {
  const alarms = () => properties("AWS::CloudWatch::Alarm");

  it("watch both target groups alike, what the load balancer itself answers, and the check from outside", () => {
    expect(alarms().map(({ AlarmName }) => String(AlarmName).replace("storefront-production-", ""))).toEqual([
      "errors-blue",
      "latency-blue",
      "unhealthy-blue",
      "errors-green",
      "latency-green",
      "unhealthy-green",
      "errors-balancer",
      "failed-checks",
    ]);
  });

  it("say how missing data is meant, and want more than one bad period", () => {
    for (const alarm of alarms()) {
      const expected = alarm.MetricName === "Failures" ? "missing" : "notBreaching";
      expect(alarm).toMatchObject({ TreatMissingData: expected, DatapointsToAlarm: 2, EvaluationPeriods: 3 });
    }
  });

  it("are all minded by CodeDeploy, which takes at most ten and goes back by itself", () => {
    const [group] = properties("AWS::CodeDeploy::DeploymentGroup");
    const alarms = ofType("AWS::CloudWatch::Alarm").map(([id]) => ({ Name: { Ref: id } }));
    expect(group?.AlarmConfiguration).toEqual({ Enabled: true, Alarms: alarms });
    expect(alarms.length).toBeLessThanOrEqual(10);
    expect(group?.AutoRollbackConfiguration).toMatchObject({
      Enabled: true,
      Events: expect.arrayContaining(["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]),
    });
  });
});

describe("the check of production", () => {
  it("runs every minute and may write one namespace of metrics", () => {
    const rules = properties("AWS::Events::Rule").filter(
      ({ ScheduleExpression }) => ScheduleExpression === "rate(1 minute)",
    );
    expect(JSON.stringify(rules)).toContain("CheckProduction");
    const writers = statements().filter(({ statement }) => actions(statement).includes("cloudwatch:PutMetricData"));
    expect(writers.map(({ statement }) => statement.Condition)).toEqual([
      { StringEquals: { "cloudwatch:namespace": "Lockstep" } },
    ]);
  });
});

describe("the deploy machine", () => {
  it("bounds every task and every wait for a token", async () => {
    const { default: machine } = (await import("../../statemachines/deploy.asl.json", { with: { type: "json" } })) as {
      default: { TimeoutSeconds: number; States: Record<string, Record<string, unknown>> };
    };
    expect(machine.TimeoutSeconds).toBeGreaterThan(0);
    const tasks = Object.values(machine.States).filter(({ Type }) => Type === "Task");
    expect(tasks.length).toBeGreaterThan(8);
    for (const task of tasks) {
      expect(task.TimeoutSeconds).toBeDefined();
      expect(task.HeartbeatSeconds).toBeDefined();
      expect(JSON.stringify(task.Retry)).toContain("States.HeartbeatTimeout");
      expect(JSON.stringify(task.Catch ?? [])).not.toContain("States.ALL");
    }
  });
});
