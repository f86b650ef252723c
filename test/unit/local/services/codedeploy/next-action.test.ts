import { describe, expect, it } from "vitest";
import { eventNames, type EventName } from "#local/services/codedeploy/app-spec.ts";
import { nextAction } from "#local/services/codedeploy/next-action.ts";
import { predefinedConfigs } from "#local/services/codedeploy/routing.ts";
import type { DeploymentRecord } from "#local/services/codedeploy/store.ts";

const now = 1_000_000;
const [allAtOnce, linear] = predefinedConfigs;
if (!allAtOnce || !linear) throw new Error("The predefined configurations are missing");

const record = (change: Partial<DeploymentRecord> = {}): DeploymentRecord => ({
  id: "d-1",
  application: "shop",
  group: "web",
  groupId: "1",
  settings: {
    serviceRoleArn: "arn:role",
    cluster: "main",
    service: "web",
    targetGroupNames: ["blue", "green"],
    productionListenerArn: "arn:production",
    testListenerArn: "arn:test",
    terminationMinutes: 5,
    readyMinutes: 0,
    rollbackEvents: [],
  },
  config: allAtOnce,
  content: "",
  spec: { taskDefinition: "web:2", containerName: "app", containerPort: 3000, hooks: {} },
  creator: "user",
  status: "InProgress",
  createdAt: now,
  events: eventNames.map((name) => ({ name, status: "Pending" })),
  percent: 0,
  greenIsPrimary: false,
  isContinued: false,
  isTerminating: false,
  isTrafficBack: false,
  ...change,
});

/** Everything before `name` has succeeded, and `name` is under way. */
const during = (name: EventName, deadline = now + 1): Pick<DeploymentRecord, "events"> => ({
  events: eventNames.map((each, index) => {
    if (each === name) return { name: each, status: "InProgress", deadline, hookExecutionId: "execution" };
    return { name: each, status: index < eventNames.indexOf(name) ? "Succeeded" : "Pending" };
  }),
});

const over = { events: eventNames.map((name) => ({ name, status: "Succeeded" as const })) };
const ending = { status: "Stopped", code: "MANUAL_STOP", message: "", rollback: true } as const;
const taskSet = { id: "1", targetGroupArn: "arn:green" };
const hooks = { spec: { ...record().spec, hooks: { AfterAllowTestTraffic: "probe" } } };
const withoutTest = { settings: { ...record().settings, testListenerArn: undefined } };
const patient = { settings: { ...record().settings, readyMinutes: 1 } };

describe("what comes next", () => {
  it.each<[string, Partial<DeploymentRecord>, object]>([
    ["a new deployment begins", { status: "Created" }, { kind: "begin" }],
    ["events come in order", {}, { kind: "startEvent", event: "BeforeInstall" }],
    ["green is made", during("Install"), { kind: "createGreen" }],
    ["green is watched", { ...during("Install"), green: taskSet }, { kind: "watchGreen" }],
    ["green has an hour", { ...during("Install", now), green: taskSet }, { kind: "fail", code: "TIMEOUT" }],
    ["a hook has an hour", { ...during("AfterAllowTestTraffic", now), ...hooks }, { code: "HOOK_EXECUTION_FAILURE" }],
    ["a hook runs", { ...during("AfterAllowTestTraffic"), ...hooks }, { kind: "runHook", functionName: "probe" }],
    ["an event without a hook is over", during("AfterInstall"), { kind: "endEvent", status: "Succeeded" }],
    ["no test listener", { ...during("AllowTestTraffic"), ...withoutTest }, { kind: "endEvent", status: "Skipped" }],
    ["all at once", during("AllowTraffic"), { kind: "shift", percent: 100 }],
    ["a linear step", { ...during("AllowTraffic"), config: linear, percent: 90 }, { kind: "shift", percent: 100 }],
    ["an interval", { ...during("AllowTraffic"), percent: 10, nextShiftAt: now + 5 }, { kind: "wait", until: now + 5 }],
    [
      "green takes over after the last shift",
      { ...during("AllowTraffic"), percent: 100 },
      { kind: "makeGreenPrimary" },
    ],
    ["permission is waited for", { ...during("BeforeAllowTraffic"), ...patient }, { kind: "beReady" }],
    ["blue is kept", over, { kind: "keepBlue" }],
    ["blue's wait", { ...over, terminateAt: now + 5 }, { kind: "wait", until: now + 5 }],
    ["blue's wait is over", { ...over, terminateAt: now }, { kind: "beginTermination" }],
    ["blue goes", { ...over, terminateAt: now, isTerminating: true }, { kind: "deleteBlue" }],
    ["a stop takes the traffic back first", { ...during("AllowTraffic"), ending }, { kind: "returnTraffic" }],
    ["then the deployment ends", { ...during("AllowTraffic"), ending, isTrafficBack: true }, { kind: "conclude" }],
    ["there is nothing to take back before Install", { ...during("BeforeInstall"), ending }, { kind: "conclude" }],
    ["a rollback only takes back", { rollbackOf: "d-0" }, { kind: "rollBack" }],
    ["nothing follows the end", { status: "Failed", ending }, { kind: "none" }],
  ])("%s", (_what, change, expected) => {
    expect(nextAction(record(change), now)).toMatchObject(expected);
  });

  it("asks for no permission twice", () => {
    const continued = { ...during("BeforeAllowTraffic"), ...patient, isContinued: true };
    expect(nextAction(record(continued), now)).toEqual({
      kind: "endEvent",
      event: "BeforeAllowTraffic",
      status: "Succeeded",
    });
  });
});
