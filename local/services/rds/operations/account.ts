import type { Clients, Operations } from "#local/cloud/index.ts";
import { toldEvents } from "../events.ts";
import { invalidCombination } from "../errors.ts";
import { refuse } from "../input.ts";
import { page } from "../page.ts";
import { quotas } from "../quotas.ts";
import type { Context } from "./context.ts";

type AccountOperations = Pick<Operations<Clients["rds"]>, "describeAccountAttributes" | "describeEvents">;

const defaultMinutes = 60;

export function accountOperations({ cloud, store }: Context): AccountOperations {
  return {
    describeAccountAttributes: () => ({
      AccountQuotas: [
        { AccountQuotaName: "DBInstances", Used: store.instances().length, Max: quotas.instances },
        { AccountQuotaName: "ManualSnapshots", Used: store.snapshots().length, Max: quotas.manualSnapshots },
      ],
    }),
    describeEvents(input) {
      refuse(input, ["Filters"]);
      const { SourceIdentifier: identifier, SourceType: type, EventCategories: categories, Duration: minutes } = input;
      if (identifier !== undefined && type === undefined)
        throw invalidCombination("SourceType must be given with SourceIdentifier.");
      const until = input.EndTime?.getTime() ?? cloud.clock.now();
      const since = input.StartTime?.getTime() ?? until - (minutes ?? defaultMinutes) * 60_000;
      const found = toldEvents(cloud).filter(
        ({ event, at }) =>
          at >= since &&
          at <= until &&
          (type === undefined || event.SourceType === type) &&
          (identifier === undefined || event.SourceIdentifier === identifier.toLowerCase()) &&
          (!categories?.length ||
            categories.some((wanted) => event.EventCategories.some((category) => category === wanted))),
      );
      const { items, next } = page(input, found, ({ key }) => key);
      return { Events: items.map(({ event, at }) => ({ ...event, Date: new Date(at) })), ...next };
    },
  };
}
