import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
  type MetricDatum,
  type PutMetricAlarmCommandInput,
} from "@aws-sdk/client-cloudwatch";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CloudEvent } from "#local/cloud/index.ts";
import { manualClock, type ManualClock } from "#local/kernel/index.ts";
import { cloudwatch } from "#local/services/cloudwatch/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";

let local: TestCloud;
let client: CloudWatchClient;
let clock: ManualClock;
let events: CloudEvent[];

const writer = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Action: "cloudwatch:PutMetricData",
      Resource: "*",
      Condition: { StringEquals: { "cloudwatch:namespace": "Shop" } },
    },
    { Effect: "Allow", Action: "cloudwatch:DescribeAlarms", Resource: "arn:aws:cloudwatch:*:*:alarm:shop-*" },
  ],
};

async function start(directory?: string): Promise<void> {
  local = await startTestCloud({ services: [cloudwatch], clock, roles: { writer }, ...(directory && { directory }) });
  client = local.client(CloudWatchClient);
  local.cloud.onEvent((event) => events.push(event));
}

beforeEach(async () => {
  // A signature may be five minutes off the clock: the tests begin four before the real time, and end before four after it.
  clock = manualClock((Math.floor(Date.now() / 60_000) - 4) * 60_000);
  events = [];
  await start();
});
afterEach(() => local.stop());

const put = (data: MetricDatum[], Namespace = "Shop") =>
  client.send(new PutMetricDataCommand({ Namespace, MetricData: data }));
const measure = (Value: number, MetricName = "Errors") =>
  put([{ MetricName, Value, Timestamp: new Date(clock.now()) }]);
const single: PutMetricAlarmCommandInput = {
  AlarmName: "shop-errors",
  Namespace: "Shop",
  MetricName: "Errors",
  Statistic: "Sum",
  Period: 60,
  EvaluationPeriods: 3,
  DatapointsToAlarm: 2,
  Threshold: 5,
  ComparisonOperator: "GreaterThanThreshold",
  TreatMissingData: "notBreaching",
};
const alarm = (change: Partial<PutMetricAlarmCommandInput> = {}) =>
  client.send(new PutMetricAlarmCommand({ ...single, ...change }));
const described = async (name = "shop-errors") => {
  const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({ AlarmNames: [name] }));
  return MetricAlarms[0];
};
const state = async () => (await described())?.StateValue;
/** A minute with these values, reported at its end. */
async function minutes(...values: (number | undefined)[]): Promise<void> {
  for (const value of values) {
    if (value !== undefined) await measure(value);
    await clock.advance(60);
  }
}

describe("an alarm on one metric", () => {
  it("begins with INSUFFICIENT_DATA, is OK, goes to ALARM with two of three, and back", async () => {
    await alarm();
    expect(await described()).toMatchObject({
      AlarmArn: "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:shop-errors",
      StateValue: "INSUFFICIENT_DATA",
      StateReason: "Unchecked: Initial alarm creation",
      ActionsEnabled: true,
      AlarmActions: [],
      TreatMissingData: "notBreaching",
    });
    await minutes(1, 9, 1);
    expect(await state()).toBe("OK");
    await minutes(8);
    await clock.advance(20);
    expect(await described()).toMatchObject({
      StateValue: "ALARM",
      StateReason: expect.stringMatching(
        /^Threshold Crossed: 2 out of the last 3 datapoints \[8\.0 \(.{17}\), 9\.0 \(.{17}\)\] were greater than the threshold \(5\.0\) \(minimum 2 datapoints for OK -> ALARM transition\)\.$/,
      ),
      StateUpdatedTimestamp: new Date(clock.now() - 10_000),
    });
    const data: unknown = JSON.parse((await described())?.StateReasonData ?? "");
    expect(data).toMatchObject({
      version: "1.0",
      statistic: "Sum",
      period: 60,
      recentDatapoints: [9, 1, 8],
      threshold: 5,
    });
    await minutes(0, 0);
    expect(await state()).toBe("OK");
  });

  it("emits an event for every state change, in AWS's shape", async () => {
    await alarm({ AlarmDescription: "Too many errors", Dimensions: [{ Name: "Stage", Value: "production" }] });
    await clock.advance(20);
    expect(events).toEqual([
      {
        source: "aws.cloudwatch",
        detailType: "CloudWatch Alarm State Change",
        resources: ["arn:aws:cloudwatch:eu-central-1:123456789012:alarm:shop-errors"],
        detail: {
          alarmName: "shop-errors",
          state: {
            value: "OK",
            reason:
              "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [NotBreaching].",
            reasonData: expect.stringContaining('"recentDatapoints":[]'),
            timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/),
          },
          previousState: expect.objectContaining({
            value: "INSUFFICIENT_DATA",
            reason: "Unchecked: Initial alarm creation",
          }),
          configuration: {
            description: "Too many errors",
            metrics: [
              {
                id: "m1",
                expression: undefined,
                label: undefined,
                metricStat: {
                  metric: { namespace: "Shop", name: "Errors", dimensions: { Stage: "production" } },
                  period: 60,
                  stat: "Sum",
                },
                returnData: true,
              },
            ],
          },
        },
      },
    ]);
  });

  it("looks again when data for a judged minute comes late", async () => {
    await alarm({ EvaluationPeriods: 1, DatapointsToAlarm: 1 });
    const before = new Date(clock.now());
    await clock.advance(80);
    expect(await state()).toBe("OK");
    await put([{ MetricName: "Errors", Value: 9, Timestamp: before }]);
    await clock.advance(10);
    expect(await state()).toBe("ALARM");
  });

  it("does not judge a minute that is not over", async () => {
    await alarm({ EvaluationPeriods: 1, DatapointsToAlarm: 1 });
    await measure(9);
    await clock.advance(59);
    expect(await state()).not.toBe("ALARM");
    await clock.advance(12);
    expect(await state()).toBe("ALARM");
  });

  it("keeps its state when its settings change, and takes a state by hand until the next look", async () => {
    await alarm();
    await client.send(
      new SetAlarmStateCommand({ AlarmName: "shop-errors", StateValue: "ALARM", StateReason: "a drill" }),
    );
    expect(await described()).toMatchObject({ StateValue: "ALARM", StateReason: "a drill" });
    await alarm({ Threshold: 7 });
    expect(await described()).toMatchObject({ StateValue: "ALARM", Threshold: 7 });
    await clock.advance(80);
    expect(await state()).toBe("OK");
    const { AlarmHistoryItems = [] } = await client.send(
      new DescribeAlarmHistoryCommand({ AlarmName: "shop-errors", HistoryItemType: "StateUpdate" }),
    );
    expect(AlarmHistoryItems.map(({ HistorySummary }) => HistorySummary)).toEqual([
      "Alarm updated from ALARM to OK",
      "Alarm updated from INSUFFICIENT_DATA to ALARM",
    ]);
  });

  it("compares percentiles", async () => {
    const { Statistic: _statistic, ...percentile } = single;
    await client.send(
      new PutMetricAlarmCommand({
        ...percentile,
        MetricName: "Latency",
        ExtendedStatistic: "p95",
        EvaluationPeriods: 1,
        DatapointsToAlarm: 1,
        Threshold: 1,
      }),
    );
    const latency = (Counts: number[]) =>
      put([{ MetricName: "Latency", Values: [0.1, 2], Counts, Timestamp: new Date(clock.now()) }]);
    await latency([96, 4]);
    await clock.advance(80);
    expect(await state()).toBe("OK");
    await latency([90, 10]);
    await clock.advance(60);
    expect(await state()).toBe("ALARM");
  });

  it("resumes with its state and data after a kill", async () => {
    await alarm();
    await minutes(9, 9);
    await clock.advance(20);
    expect(await state()).toBe("ALARM");
    await local.detach();
    events = [];
    await start(local.directory);
    expect(await state()).toBe("ALARM");
    await clock.advance(60);
    expect(await state()).toBe("ALARM");
    expect(events).toEqual([]);
    await clock.advance(240);
    expect(await state()).toBe("OK");
  });
});

describe("an alarm on metric math", () => {
  const metric = (Id: string, MetricName: string) => ({
    Id,
    MetricStat: { Metric: { Namespace: "Shop", MetricName }, Period: 60, Stat: "Sum" },
    ReturnData: false,
  });
  const rate = (Expression: string): PutMetricAlarmCommandInput => ({
    AlarmName: "shop-errors",
    Metrics: [metric("errors", "Errors"), metric("requests", "Requests"), { Id: "rate", Expression, ReturnData: true }],
    EvaluationPeriods: 1,
    Threshold: 5,
    ComparisonOperator: "GreaterThanThreshold",
    TreatMissingData: "notBreaching",
  });
  const share = rate("IF(requests >= 10, 100 * FILL(errors, 0) / requests, 0)");

  it("goes to ALARM by the share of errors, with a least number of requests", async () => {
    await client.send(new PutMetricAlarmCommand(share));
    await Promise.all([measure(2), measure(4, "Requests")]);
    await clock.advance(80);
    expect(await state()).toBe("OK");
    await Promise.all([measure(2), measure(20, "Requests")]);
    await clock.advance(60);
    expect(await described()).toMatchObject({ StateValue: "ALARM", StateReason: expect.stringContaining("[10.0 (") });
  });

  it.each([
    ["SUM(METRICS())", "the function SUM is not supported by the local cloud"],
    ["errors / hits", "hits, which does not exist"],
    ["errors / rate", "Circular reference"],
  ])("refuses %s", async (expression, message) => {
    await expect(client.send(new PutMetricAlarmCommand(rate(expression)))).rejects.toMatchObject({
      name: "ValidationException",
      message: expect.stringContaining(message),
    });
  });
});

describe("what is refused", () => {
  it.each<[string, Partial<PutMetricAlarmCommandInput>, string]>([
    ["a period of 45 seconds", { Period: 45 }, "ValidationException"],
    ["more than a day", { Period: 3600, EvaluationPeriods: 25 }, "ValidationException"],
    ["4 of 3", { DatapointsToAlarm: 4 }, "ValidationException"],
    ["an unknown treatment", { TreatMissingData: "guess" }, "ValidationException"],
    ["two statistics", { ExtendedStatistic: "p95" }, "InvalidParameterCombinationException"],
    ["no metric", { MetricName: undefined }, "MissingRequiredParameterException"],
    ["an action, which is not supported here", { AlarmActions: ["arn:aws:sns:a:1:b"] }, "ValidationException"],
    ["a unit, which is not supported here", { Unit: "Seconds" }, "ValidationException"],
  ])("%s", (_what, change, name) => expect(alarm(change)).rejects.toMatchObject({ name }));

  it("AWS's own namespaces, which its services alone write", async () => {
    await expect(put([{ MetricName: "RequestCount", Value: 1 }], "AWS/ApplicationELB")).rejects.toMatchObject({
      name: "InvalidParameterValueException",
      message: "The value AWS/ for parameter Namespace is invalid.",
    });
    const MetricData = [{ MetricName: "RequestCount", Value: 1 }];
    const as = { service: "elastic-load-balancing-v2" } as const;
    await local.cloud.call("cloudwatch", "putMetricData", { Namespace: "AWS/ApplicationELB", MetricData }, { as });
  });

  it("another namespace than the role may write, and alarms it may not see", async () => {
    const own = local.client(CloudWatchClient, "writer");
    const send = (Namespace: string) =>
      own.send(new PutMetricDataCommand({ Namespace, MetricData: [{ MetricName: "Checks", Value: 1 }] }));
    await send("Shop");
    await expect(send("Other")).rejects.toMatchObject({ name: expect.stringContaining("AccessDenied") });
    await own.send(new DescribeAlarmsCommand({ AlarmNames: ["shop-errors"] }));
    await expect(own.send(new DescribeAlarmsCommand({}))).rejects.toMatchObject({
      name: expect.stringContaining("AccessDenied"),
    });
  });

  it("deleting what is not there, and then nothing is deleted", async () => {
    await alarm();
    const both = new DeleteAlarmsCommand({ AlarmNames: ["shop-errors", "missing"] });
    await expect(client.send(both)).rejects.toMatchObject({ message: expect.stringContaining("missing") });
    expect(await described()).toBeDefined();
    await client.send(new DeleteAlarmsCommand({ AlarmNames: ["shop-errors"] }));
    expect(await described()).toBeUndefined();
  });

  it.each<[string, MetricDatum]>([
    ["no value", { MetricName: "Errors" }],
    ["value and values", { MetricName: "Errors", Value: 1, Values: [1] }],
    ["fewer counts than values", { MetricName: "Errors", Values: [1, 2], Counts: [1] }],
    ["a time long past", { MetricName: "Errors", Value: 1, Timestamp: new Date("2020-01-01") }],
    ["a resolution of 10", { MetricName: "Errors", Value: 1, StorageResolution: 10 }],
  ])("data with %s", async (_what, datum) => {
    await expect(put([datum])).rejects.toMatchObject({ name: expect.stringMatching(/^InvalidParameter/) });
  });
});

describe("metrics", () => {
  it("are listed by namespace, name and dimension", async () => {
    const Dimensions = [{ Name: "Stage", Value: "production" }];
    await put([
      { MetricName: "Checks", Value: 1, Dimensions },
      { MetricName: "Errors", Value: 1 },
    ]);
    const list = async (filter: object) => (await client.send(new ListMetricsCommand(filter))).Metrics;
    expect(await list({ Namespace: "Shop", Dimensions: [{ Name: "Stage" }] })).toEqual([
      { Namespace: "Shop", MetricName: "Checks", Dimensions },
    ]);
    expect(await list({ MetricName: "Errors" })).toHaveLength(1);
    expect(await list({ Namespace: "Other" })).toEqual([]);
  });

  it("are returned per period, the newest first, without gaps", async () => {
    const begin = clock.now();
    await minutes(1, undefined, 3);
    await measure(4);
    const times = { StartTime: new Date(begin), EndTime: new Date(clock.now() + 60_000) };
    const errors = { Namespace: "Shop", MetricName: "Errors" };
    const { MetricDataResults } = await client.send(
      new GetMetricDataCommand({
        ...times,
        MetricDataQueries: [
          { Id: "m1", MetricStat: { Metric: errors, Period: 60, Stat: "Sum" } },
          { Id: "twice", Expression: "m1 * 2", Label: "Twice" },
        ],
      }),
    );
    expect(MetricDataResults).toEqual([
      expect.objectContaining({
        Id: "m1",
        Label: "Errors",
        Values: [4, 3, 1],
        Timestamps: [180_000, 120_000, 0].map((after) => new Date(begin + after)),
      }),
      expect.objectContaining({ Label: "Twice", Values: [8, 6, 2], StatusCode: "Complete" }),
    ]);
    const { Datapoints = [] } = await client.send(
      new GetMetricStatisticsCommand({ ...errors, ...times, Period: 240, Statistics: ["Sum", "Maximum"] }),
    );
    expect(Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0)).toBe(8);
  });
});
