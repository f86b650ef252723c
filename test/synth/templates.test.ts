import { App } from "aws-cdk-lib";
import { beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../lib/config/index.ts";
import { createStacks } from "../../lib/stacks.ts";
import { featureFlags } from "../../lib/feature-flags.ts";

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
  const app = new App({ context: featureFlags });
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

describe("permissions in the templates", () => {
  it("never allow every action", () => {
    const broad = statements().filter(({ statement }) =>
      actions(statement).some((action) => /^\*$|^\w+:\*$/.test(action)),
    );
    expect(broad).toEqual([]);
  });

  it("pass roles only to ECS tasks", () => {
    const passing = statements().filter(({ statement }) => actions(statement).includes("iam:PassRole"));
    expect(passing.length).toBeGreaterThan(0);
    for (const { statement } of passing) {
      expect(statement.Resource).not.toBe("*");
      expect(statement.Condition).toEqual({ StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } });
    }
  });

  it("come from inline policies, one role per function", () => {
    for (const role of properties("AWS::IAM::Role")) expect(role.ManagedPolicyArns).toBeUndefined();
    const roles = properties("AWS::Lambda::Function").map(({ Role }) => JSON.stringify(Role));
    expect(new Set(roles).size).toBe(roles.length);
  });

  it("allow secrets only to functions that generate a key, list the keys of the app's secret, log in to the database or redact the log of a failed task", () => {
    const readers = statements()
      .filter(({ statement }) => actions(statement).includes("secretsmanager:GetSecretValue"))
      .map(({ id }) => id.replace(/(Role)?DefaultPolicy.*$/, ""));
    expect(new Set(readers)).toEqual(
      new Set([
        "AppExecution",
        "AppSecretProvider",
        "DatabaseRolesProvider",
        "Build",
        "Plan",
        "Migrate",
        "PublishAssets",
        "ShiftTraffic",
        "VerifyMigrations",
        "Resume",
        "Rollback",
        "Restore",
        "RestoreLossWindow",
        "RestorePassword",
      ]),
    );
  });

  it("allow the master password only to functions that inspect or restore the database", () => {
    const master = (name: string) => /DatabaseInstanceSecretAttachment/.test(name);
    const readers = statements()
      .filter(({ statement }) => actions(statement).includes("secretsmanager:GetSecretValue"))
      .filter(({ statement }) => master(JSON.stringify(statement.Resource)))
      .map(({ id }) => id.replace(/(Role)?DefaultPolicy.*$/, ""));
    expect(readers.toSorted()).toEqual([
      "DatabaseRolesProvider",
      "Plan",
      "RestoreLossWindow",
      "RestorePassword",
      "VerifyMigrations",
    ]);
  });

  it("allow a function to put events only with our source and its own detail types", () => {
    const publishers = statements().filter(({ statement }) => actions(statement).includes("events:PutEvents"));
    const conditions = publishers.map(({ id, statement }) => [
      id.replace(/(Role)?DefaultPolicy.*$/, ""),
      statement.Condition,
    ]);
    const only = (kind: string) => ({ StringEquals: { "events:source": "lockstep", "events:detail-type": kind } });
    const expected = [
      ["AcquireLock", only("Lockstep Deployment Held")],
      ["Approve", only("Lockstep Approval Requested")],
      ["Reconcile", only("Lockstep Stage Frozen")],
      ["Reconcile", only("Lockstep Rollback Readiness Changed")],
      ["Rollback", only("Lockstep Rolled Back")],
      ["StartRollback", only("Lockstep Stage Frozen")],
    ];
    expect(conditions).toHaveLength(expected.length);
    expect(conditions).toEqual(expect.arrayContaining(expected));
  });

  it("allow no function to start a restore, and only the steps of a restore to change the database", () => {
    const startsRestore = statements().filter(
      ({ statement }) =>
        actions(statement).includes("states:StartExecution") && /-restore/.test(JSON.stringify(statement.Resource)),
    );
    expect(startsRestore).toEqual([]);
    const changes = statements().flatMap(({ id, statement }) =>
      actions(statement)
        .filter((action) => /^rds:(Restore|Modify|Delete)DB(Instance|Snapshot)/.test(action))
        .map((action) => `${id.replace(/(Role)?DefaultPolicy.*$/, "")} ${action}`),
    );
    expect(new Set(changes)).toEqual(
      new Set([
        "Restore rds:RestoreDBInstanceFromDBSnapshot",
        "RestorePassword rds:ModifyDBInstance",
        "Restore rds:ModifyDBInstance",
        "Prune rds:DeleteDBSnapshot",
      ]),
    );
  });
});

describe("safety settings of the templates", () => {
  it("keep the database encrypted, private, protected and retained", () => {
    const [[, database] = ["", undefined]] = ofType("AWS::RDS::DBInstance");
    expect(database?.DeletionPolicy).toBe("RetainExceptOnCreate");
    expect(database?.Properties).toMatchObject({
      StorageEncrypted: true,
      PubliclyAccessible: false,
      DeletionProtection: true,
    });
  });

  it("build without privileged mode, with immutable image tags", () => {
    const [project] = properties("AWS::CodeBuild::Project");
    expect(project?.Environment).toMatchObject({ PrivilegedMode: false });
    expect(properties("AWS::ECR::Repository")[0]).toMatchObject({ ImageTagMutability: "IMMUTABLE" });
  });

  it("keep execution data out of the log of the state machine", () => {
    expect(properties("AWS::StepFunctions::StateMachine")[0]?.LoggingConfiguration).toMatchObject({
      IncludeExecutionData: false,
    });
  });

  it("open the test listener only to the pipeline", () => {
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

  it("cover both target groups, the load balancer and the external health check", () => {
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

  it("are named exactly where they are matched or read, so that a stage never matches those of another", () => {
    const names = alarms().map(({ AlarmName }) => String(AlarmName));
    const patterns = properties("AWS::Events::Rule").flatMap(({ EventPattern }) =>
      JSON.stringify(EventPattern ?? {}).includes("CloudWatch Alarm State Change") ? [EventPattern] : [],
    );
    expect(patterns.length).toBeGreaterThan(0);
    for (const pattern of patterns) expect(pattern).toMatchObject({ detail: { alarmName: names } });
    const read = statements().filter(
      ({ statement }) =>
        actions(statement).join() === "cloudwatch:DescribeAlarms" ||
        actions(statement).join() === "cloudwatch:DescribeAlarmHistory",
    );
    expect(read.length).toBeGreaterThan(0);
    for (const { statement } of read)
      for (const name of names) expect(JSON.stringify(statement.Resource)).toContain(`:alarm:${name}"`);
    expect(JSON.stringify(read)).not.toMatch(/:alarm:[^"]*\*/);
  });

  it("tolerate the errors of a probe", () => {
    const rates = alarms().flatMap(({ Metrics = [] }) =>
      (Metrics as { Expression?: string }[]).flatMap(({ Expression }) =>
        Expression?.includes("errors") ? [Expression] : [],
      ),
    );
    expect(rates).toHaveLength(3);
    for (const rate of rates) expect(rate).toContain("FILL(errors, 0) > 2");
  });

  it("treat missing data explicitly and require more than one breaching datapoint", () => {
    for (const alarm of alarms()) {
      const expected = alarm.MetricName === "Failures" ? "missing" : "notBreaching";
      expect(alarm).toMatchObject({ TreatMissingData: expected, DatapointsToAlarm: 2, EvaluationPeriods: 3 });
    }
  });

  it("all roll back the deployment in CodeDeploy, which supports at most ten", () => {
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

describe("the production health check", () => {
  it("runs every minute, and only it and the hourly check of readiness may write metrics, to one namespace", () => {
    const rules = properties("AWS::Events::Rule").filter(
      ({ ScheduleExpression }) => ScheduleExpression === "rate(1 minute)",
    );
    expect(JSON.stringify(rules)).toContain("CheckProduction");
    const writers = statements().filter(({ statement }) => actions(statement).includes("cloudwatch:PutMetricData"));
    expect(writers.map(({ id }) => id.replace(/(Role)?DefaultPolicy.*$/, "")).toSorted()).toEqual([
      "CheckProduction",
      "Reconcile",
    ]);
    const own = { StringEquals: { "cloudwatch:namespace": "Lockstep" } };
    for (const { statement } of writers) expect(statement.Condition).toEqual(own);
  });
});

describe("the deploy machine", () => {
  it("has a timeout and a heartbeat on every task", async () => {
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
