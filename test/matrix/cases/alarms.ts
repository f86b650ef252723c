import { behaves } from "../app.ts";
import { type Case, good, takenBack } from "../case.ts";

/** An alarm that a person or a load turns red while a step is at work. */
function alarmDuring(where: string, before: string): Case {
  return {
    what: "an alarm rings",
    where,
    during: async (world, commit) => {
      await world.begun(commit, before);
      await world.until(`traffic reaches ${commit.slice(0, 8)}`, async () =>
        (await world.serves()) === commit ? true : undefined,
      );
      // Set again until CodeDeploy has looked: the metric turns it OK at its next evaluation.
      const began = Date.now();
      await world.until("the deployment ends", async () => {
        const record = await world.record(commit);
        if (record?.status !== "running") return true;
        await world.alarm("errors-balancer", "ALARM");
        return undefined;
      });
      return began;
    },
    ...takenBack,
    error: "AlarmRaised",
    redrive: { status: "succeeded" },
  };
}

export const alarms: readonly Case[] = [
  {
    what: "users get errors from the canary",
    where: "Shift traffic",
    files: () => behaves({ api: "errors" }),
    during: (world) => world.alarmRings(),
    ...takenBack,
    error: "AlarmRaised",
    redrive: { status: "failed", error: "AlarmRaised" },
  },
  alarmDuring("Shift traffic (canary)", "Shift traffic"),
  alarmDuring("Bake", "Bake"),
  {
    what: "an alarm rings after the bake",
    where: "after Finish",
    during: async (world, commit) => {
      await world.settled(commit);
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
    serves: "old",
    note: "blue is gone by then: the release before is deployed again, all at once",
  },
  {
    what: "an alarm is red before the start",
    where: "Shift traffic",
    before: (world) => world.alarm("errors-balancer", "ALARM"),
    ...good,
    note: "the shift waits until the alarm is OK",
  },
];
