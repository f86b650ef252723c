import type { Task, TaskSet } from "@aws-sdk/client-ecs";
import { expect, vi } from "vitest";
import { describeTask, taskSets } from "./ecs.ts";
import type { TestCloud } from "./local-cloud.ts";

export async function reaches(local: TestCloud, task: Task, lastStatus: string): Promise<Task> {
  return vi.waitFor(
    async () => {
      const now = await describeTask(local, task);
      expect(now).toMatchObject({ lastStatus });
      return now;
    },
    { timeout: 10_000, interval: 30 },
  );
}

/** Waits until a task set (by default the only one) is in STEADY_STATE. */
export async function whenSteady(local: TestCloud, id?: string): Promise<TaskSet> {
  return vi.waitFor(
    async () => {
      const taskSet = (await taskSets(local)).find((each) => id === undefined || each.id === id);
      expect(taskSet).toMatchObject({ stabilityStatus: "STEADY_STATE" });
      return taskSet ?? {};
    },
    { timeout: 10_000, interval: 30 },
  );
}
