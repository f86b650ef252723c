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

it.each([
  { when: "each second in a local cloud", glance: idle, isLocal: true, milliseconds: 1_000 },
  { when: "fast on AWS while a deployment runs", glance: { ...idle, running }, milliseconds: 2_000 },
  { when: "fast on AWS while a rollback runs", glance: { ...idle, rollback }, milliseconds: 2_000 },
  { when: "slowly on AWS while nothing happens", glance: idle, milliseconds: 6_000 },
  { when: "slowly while it waits for a person", glance: { ...idle, running, approval }, milliseconds: 6_000 },
])("a stage is read $when", ({ glance, isLocal = false, milliseconds }) => {
  expect(pauseAfter(glance, isLocal)).toBe(milliseconds);
});
