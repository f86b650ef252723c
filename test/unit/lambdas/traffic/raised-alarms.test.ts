import { CloudWatchClient, type MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { describe, expect, test } from "vitest";
import { explainAlarm, explainStop } from "../../../../lambdas/traffic/raised-alarms.ts";
import { awsError, scripted } from "../support/scripted.ts";

const settings = {
  ALARM_NAMES: ["shop-errors-blue", "shop-errors-balancer"],
  LOAD_BALANCER: "app/shop/1",
  TARGET_GROUPS: ["targetgroup/shop-blue/1", "targetgroup/shop-green/2"],
};
const stateReasonData = { queryDate: "2026-01-01T12:03:10.000+0000", startDate: "2026-01-01T12:00:00.000+0000" };
const raised = { stateValue: "ALARM", stateReason: "Threshold Crossed: 2 datapoints.", stateReasonData };
const item = (newState: object) => ({ HistoryData: JSON.stringify({ version: "1.0", newState }) });

/** Sums per minute by metric, with the name of the target group if it has one. */
function cloudWatch(sums: Record<string, number[]>, history: object[] = [item(raised)]) {
  const inputs: object[] = [];
  const client = scripted(CloudWatchClient, {
    DescribeAlarmHistory: (input: object) => {
      inputs.push(input);
      return { AlarmHistoryItems: history };
    },
    GetMetricData: (input: { MetricDataQueries: MetricDataQuery[]; StartTime: Date; EndTime: Date }) => {
      inputs.push({ from: input.StartTime.toISOString(), to: input.EndTime.toISOString() });
      return {
        MetricDataResults: input.MetricDataQueries.map(({ Id, MetricStat }) => {
          const { MetricName, Dimensions = [] } = MetricStat?.Metric ?? {};
          const group = Dimensions.find(({ Name }) => Name === "TargetGroup")?.Value?.split("/")[1];
          return { Id, Values: sums[[MetricName, group].filter(Boolean).join(" ")] ?? [] };
        }),
      };
    },
  });
  return { client, inputs };
}

describe("the explanation of an alarm", () => {
  test("names the requests that triggered it, by load balancer and target group", async () => {
    const { client, inputs } = cloudWatch({
      RequestCount: [200, 130],
      HTTPCode_ELB_5XX_Count: [10, 3],
      HTTPCode_ELB_503_Count: [10],
      HTTPCode_ELB_502_Count: [2],
      "RequestCount shop-blue": [300],
      "RequestCount shop-green": [30],
      "HTTPCode_Target_5XX_Count shop-green": [4],
    });
    const until = new Date("2026-01-01T12:04:00Z");
    expect(await explainAlarm({ cloudWatch: client, settings }, "shop-errors-balancer", { EndDate: until })).toBe(
      "Alarm shop-errors-balancer: 17 of 340 requests failed from 12:00:00 to 12:03:10 UTC: " +
        "2 × 502 by the load balancer (a target closed the connection), 10 × 503 by the load balancer (no target), " +
        "1 × other 5xx by the load balancer, 0 × 5xx by shop-blue (of 300), 4 × 5xx by shop-green (of 30). " +
        "Threshold Crossed: 2 datapoints.",
    );
    expect(inputs).toMatchObject([
      { AlarmName: "shop-errors-balancer", EndDate: until },
      { from: "2026-01-01T12:00:00.000Z", to: "2026-01-01T12:03:10.000Z" },
    ]);
  });

  test("is the reason of the last state ALARM if a person set it", async () => {
    const history = [
      item({ stateValue: "OK", stateReason: "fine" }),
      item({ stateValue: "ALARM", stateReason: "a drill" }),
    ];
    const { client } = cloudWatch({}, history);
    expect(await explainAlarm({ cloudWatch: client, settings }, "shop-errors-blue", {})).toBe(
      "Alarm shop-errors-blue: a drill",
    );
  });

  test("does not fail a rollback", async () => {
    const denied = () => {
      throw awsError("AccessDenied");
    };
    const client = scripted(CloudWatchClient, { DescribeAlarmHistory: denied });
    expect(await explainAlarm({ cloudWatch: client, settings }, "shop-errors-blue", {})).toMatch(
      /^Alarm shop-errors-blue: the requests that triggered it could not be read: /,
    );
  });

  test("of a stopped deployment is that of the alarms that CodeDeploy names, or else of all that went off", async () => {
    const { client, inputs } = cloudWatch({}, [item({ stateValue: "ALARM", stateReason: "a drill" })]);
    const [createTime, completeTime] = [new Date(1000), new Date(2000)];
    const stop = (code: "ALARM_ACTIVE" | "TIMEOUT", message: string) =>
      explainStop({ cloudWatch: client, settings }, { createTime, completeTime, errorInformation: { code, message } });
    expect(await stop("TIMEOUT", "shop-errors-balancer")).toBeUndefined();
    expect(inputs).toEqual([]);
    expect(await stop("ALARM_ACTIVE", "Activated alarms: shop-errors-balancer")).toBe(
      "Alarm shop-errors-balancer: a drill",
    );
    expect(await stop("ALARM_ACTIVE", "An alarm was activated")).toBe(
      "Alarm shop-errors-blue: a drill\nAlarm shop-errors-balancer: a drill",
    );
    expect(inputs.at(-1)).toMatchObject({ StartDate: createTime, EndDate: completeTime });
  });
});
