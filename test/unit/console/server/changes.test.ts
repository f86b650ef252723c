import { expect, it } from "vitest";
import { pauseAfter } from "../../../../console/server/changes.ts";
import type { Glance } from "../../../../console/server/queries/glance.ts";

const idle: Glance = {
  stage: "production",
  live: null,
  running: null,
  rollback: null,
  waiting: [],
  approval: null,
  frozen: null,
  lock: { generation: 1, holder: null, since: null },
  alarms: [],
};
const running: Glance["running"] = {
  deployment: "d1",
  title: "",
  outcome: "",
  step: "Build",
  stepSince: null,
  waitsFor: null,
};
const rollback: Glance["rollback"] = { id: "r1", from: null, to: null, step: null, waitsFor: null };
const approval: Glance["approval"] = { deployment: "d1", until: "2026-01-01T12:00:00Z" };

it.each<[string, Glance, boolean, number]>([
  ["each second in a local cloud", idle, true, 1_000],
  ["fast on AWS while a deployment runs", { ...idle, running }, false, 2_000],
  ["fast on AWS while a rollback runs", { ...idle, rollback }, false, 2_000],
  ["slowly on AWS while nothing happens", idle, false, 6_000],
  ["slowly on AWS while a deployment waits for a person", { ...idle, running, approval }, false, 6_000],
])("a stage is read %s", (_when, glance, isLocal, milliseconds) => {
  expect(pauseAfter(glance, isLocal)).toBe(milliseconds);
});
