import type { Cloud } from "#local/cloud/index.ts";

interface Occasion {
  source: "DB_INSTANCE" | "SNAPSHOT";
  category: string;
  message: string;
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html; there is none for a snapshot that failed. */
const occasions = {
  "RDS-EVENT-0001": { source: "DB_INSTANCE", category: "backup", message: "Backing up DB instance" },
  "RDS-EVENT-0002": { source: "DB_INSTANCE", category: "backup", message: "Finished DB Instance backup" },
  "RDS-EVENT-0003": { source: "DB_INSTANCE", category: "deletion", message: "DB instance deleted" },
  "RDS-EVENT-0004": { source: "DB_INSTANCE", category: "availability", message: "DB instance shutdown" },
  "RDS-EVENT-0005": { source: "DB_INSTANCE", category: "creation", message: "DB instance created" },
  "RDS-EVENT-0006": { source: "DB_INSTANCE", category: "availability", message: "DB instance restarted" },
  "RDS-EVENT-0016": { source: "DB_INSTANCE", category: "configuration change", message: "Reset master credentials" },
  "RDS-EVENT-0020": {
    source: "DB_INSTANCE",
    category: "recovery",
    message: "Recovery of the DB instance has started.",
  },
  "RDS-EVENT-0021": { source: "DB_INSTANCE", category: "recovery", message: "Recovery of the DB instance is complete" },
  "RDS-EVENT-0031": { source: "DB_INSTANCE", category: "failure", message: "DB instance put into failed state" },
  "RDS-EVENT-0040": { source: "SNAPSHOT", category: "creation", message: "Creating manual snapshot" },
  "RDS-EVENT-0041": { source: "SNAPSHOT", category: "deletion", message: "Deleted user snapshot" },
  "RDS-EVENT-0042": { source: "SNAPSHOT", category: "creation", message: "Manual snapshot created" },
  "RDS-EVENT-0043": { source: "SNAPSHOT", category: "restoration", message: "Restored from snapshot" },
  "RDS-EVENT-0087": { source: "DB_INSTANCE", category: "notification", message: "DB instance stopped" },
  "RDS-EVENT-0088": { source: "DB_INSTANCE", category: "notification", message: "DB instance started" },
} as const satisfies Record<string, Occasion>;

export type EventId = keyof typeof occasions;

/** Puts RDS's event about an instance or a snapshot on the bus; `identifier` is the instance's or the snapshot's. */
export function tell(cloud: Cloud, eventId: EventId, identifier: string): void {
  const { source, category, message } = occasions[eventId];
  const [detailType, kind] =
    source === "SNAPSHOT" ? ["RDS DB Snapshot Event", "snapshot"] : ["RDS DB Instance Event", "db"];
  const arn = cloud.arn("rds", `${kind}:${identifier}`);
  const at = cloud.clock.now();
  cloud.emit({
    source: "aws.rds",
    detailType,
    resources: [arn],
    detail: {
      EventCategories: [category],
      SourceType: source,
      SourceArn: arn,
      Date: new Date(at).toISOString(),
      Message: message,
      SourceIdentifier: identifier,
      EventID: eventId,
    },
  });
  keep(cloud, { at, eventId, identifier });
}

interface Told {
  /** Sorts by time, then in the order of telling. */
  key: string;
  at: number;
  eventId: EventId;
  identifier: string;
}

const keptDays = 14;
const history = ({ store }: Cloud) => store.collection<Told>("rds.events");
const keyOfTime = (at: number) => String(at).padStart(15, "0");

/** as AWS: events can be asked for during two weeks. */
function keep(cloud: Cloud, told: Omit<Told, "key">): void {
  const kept = history(cloud);
  const keys = kept.keys();
  for (const key of keys) if (key < keyOfTime(told.at - keptDays * 86_400_000)) kept.delete(key);
  const key = `${keyOfTime(told.at)}-${String(keys.length).padStart(9, "0")}`;
  kept.put(key, { key, ...told });
}

/** What was told in the last two weeks, the oldest first, in the shape of DescribeEvents. */
export function toldEvents(cloud: Cloud) {
  return history(cloud)
    .list()
    .map(({ key, at, eventId, identifier }) => {
      const { source, category, message } = occasions[eventId];
      const [kind, SourceType] =
        source === "SNAPSHOT" ? (["snapshot", "db-snapshot"] as const) : (["db", "db-instance"] as const);
      const SourceArn = cloud.arn("rds", `${kind}:${identifier}`);
      return {
        key,
        at,
        event: { SourceIdentifier: identifier, SourceType, Message: message, EventCategories: [category], SourceArn },
      };
    });
}
