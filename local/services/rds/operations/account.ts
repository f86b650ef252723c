import type { Deps } from "../deps.ts";
import { recordedEvents } from "../events.ts";
import { invalidCombination } from "../faults.ts";
import type { Operations } from "../reads.ts";

/** An account's default quotas of a region: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html */
export const quotas = { instances: 40, manualSnapshots: 100 } as const;
const defaultMinutes = 60;

export function accountOperations({ cloud, store }: Deps) {
  return {
    describeAccountAttributes: () => ({
      AccountQuotas: [
        { AccountQuotaName: "DBInstances", Used: store.instances.keys().length, Max: quotas.instances },
        { AccountQuotaName: "ManualSnapshots", Used: store.snapshots.keys().length, Max: quotas.manualSnapshots },
      ],
    }),
    describeEvents(input) {
      const { SourceIdentifier: identifier, SourceType: type, EventCategories: categories = [] } = input;
      if (identifier !== undefined && type === undefined)
        throw invalidCombination("SourceType is required with SourceIdentifier.");
      const until = input.EndTime?.getTime() ?? cloud.clock.now();
      const since = input.StartTime?.getTime() ?? until - (input.Duration ?? defaultMinutes) * 60_000;
      const events = recordedEvents(cloud)
        .filter(({ at }) => at >= since && at <= until)
        .filter(({ event }) => type === undefined || event.SourceType === type)
        .filter(({ event }) => identifier === undefined || event.SourceIdentifier === identifier.toLowerCase())
        .filter(
          ({ event }) => categories.length === 0 || event.EventCategories.some((each) => categories.includes(each)),
        );
      return { Events: events.map(({ event, at }) => ({ ...event, Date: new Date(at) })) };
    },
  } satisfies Partial<Operations>;
}
