import { withBehavior } from "../app.ts";
import { type Case, good, rolledBack } from "../case.ts";

/** An alarm that goes into ALARM while a step is running. */
function alarmDuring(where: string, before: string): Case {
  return {
    what: "an alarm goes off",
    where,
    during: async (world, commit) => {
      await world.stepStarted(commit, before);
      await world.until(`traffic reaches ${commit.slice(0, 8)}`, async () =>
        (await world.servedCommit()) === commit ? true : undefined,
      );
      // Repeat until CodeDeploy has read the state: the next evaluation of the metric sets it to OK.
      const began = Date.now();
      await world.until("the deployment ends", async () => {
        const record = await world.record(commit);
        if (record?.status !== "running") return true;
        await world.alarm("errors-balancer", "ALARM");
        return undefined;
      });
      return began;
    },
    ...rolledBack,
    error: "AlarmRaised",
    redrive: { status: "succeeded" },
  };
}

export const alarms: readonly Case[] = [
  {
    what: "the canary returns errors to users",
    where: "Shift traffic",
    files: () => withBehavior({ api: "errors" }),
    during: (world) => world.alarmRaised(),
    ...rolledBack,
    error: "AlarmRaised",
    explanation:
      /Alarm storefront-production-errors-(blue|green): \d+ of \d+ requests failed .*[1-9]\d* × 5xx by storefront-production-\1 \(of \d+\)/,
    redrive: { status: "failed", error: "AlarmRaised" },
    note: "the rollback names the requests that triggered the alarm",
  },
  alarmDuring("Shift traffic (canary)", "Shift traffic"),
  alarmDuring("Bake", "Bake"),
  {
    what: "an alarm goes off after the bake",
    where: "after Finish",
    during: async (world, commit) => {
      await world.finished(commit);
      const began = Date.now();
      await world.alarm("errors-balancer", "ALARM");
      await world.until("the rollback ends", async () => {
        const record = await world.record(commit);
        return record?.rollback && record.rollback.outcome !== "running" ? true : undefined;
      });
      return began;
    },
    status: "succeeded",
    outcome: "rolled-back",
    explanation: /Alarm storefront-production-errors-balancer: set by the matrix/,
    serves: "old",
    note: "blue is already terminated: the previous release is redeployed all at once",
  },
  {
    what: "an alarm is in ALARM before the shift",
    where: "Shift traffic",
    before: (world) => world.alarm("errors-balancer", "ALARM"),
    ...good,
    note: "the step waits until the alarm is OK",
  },
];
