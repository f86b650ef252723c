import { describe, expect, it } from "vitest";
import { evaluate, evaluationRange, type Datapoint, type Rule } from "#local/services/cloudwatch/evaluate.ts";

const treatments = ["missing", "ignore", "breaching", "notBreaching"] as const;
const points = (row: string): Datapoint[] => row.split(" ").map((point) => (point === "-" ? undefined : point === "X"));
const judge = (row: string, datapointsToAlarm: number, treatMissingData: Rule["treatMissingData"]) =>
  evaluate(points(row), { evaluationPeriods: 3, datapointsToAlarm, treatMissingData });

const I = "INSUFFICIENT_DATA";
const retained = undefined;
type State = "OK" | "ALARM" | typeof I | typeof retained;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html, both tables, the newest point on the right. */
const tables: [datapointsToAlarm: number, rows: [points: string, filled: number, ...states: State[]][]][] = [
  [
    3,
    [
      ["0 - X - X", 0, "OK", "OK", "OK", "OK"],
      ["0 - - - -", 2, "OK", "OK", "OK", "OK"],
      ["- - - - -", 3, I, retained, "ALARM", "OK"],
      ["0 X X - X", 0, "ALARM", "ALARM", "ALARM", "ALARM"],
      ["- - X - -", 2, "ALARM", retained, "ALARM", "OK"],
    ],
  ],
  [
    2,
    [
      ["0 - X - X", 0, "ALARM", "ALARM", "ALARM", "ALARM"],
      ["0 0 X 0 X", 0, "ALARM", "ALARM", "ALARM", "ALARM"],
      ["0 - X - -", 1, "OK", "OK", "ALARM", "OK"],
      ["- - - - 0", 2, "OK", "OK", "ALARM", "OK"],
      ["- - - X -", 2, "ALARM", retained, "ALARM", "OK"],
    ],
  ],
];

const cases = tables.flatMap(([datapointsToAlarm, rows]) =>
  rows.flatMap(([row, filled, ...states]) =>
    treatments.map((treatment, index) => ({ row, datapointsToAlarm, treatment, filled, state: states[index] })),
  ),
);

describe("AWS's tables of missing data", () => {
  it("has 40 rows", () => expect(cases).toHaveLength(40));

  it.each(cases)(
    "$row, $datapointsToAlarm of 3, $treatment: $state",
    ({ row, datapointsToAlarm, treatment, filled, state }) =>
      expect(judge(row, datapointsToAlarm, treatment)).toEqual({ state, filled }),
  );

  it("fetches five points for three", () => expect(evaluationRange(3)).toBe(5));
});

describe("premature transitions", () => {
  it.each(["- - - - X", "- - - X -"])("are avoided: %s does not go to ALARM for 3 of 3", (row) =>
    expect(judge(row, 3, "missing").state).toBeUndefined(),
  );

  it.each(["- - - X 0", "- - X - 0"])("%s is OK", (row) => expect(judge(row, 3, "missing").state).toBe("OK"));
});

describe("M of N", () => {
  it.each([
    ["0 0 X X 0", 2, "ALARM"],
    ["X X X 0 0", 2, "OK"],
    ["0 0 0 0 X", 1, "ALARM"],
    ["X X 0 X X", 3, "OK"],
  ])("%s with %i of 3 is %s", (row, needed, state) => expect(judge(row, needed, "missing").state).toBe(state));
});
