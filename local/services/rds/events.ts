import { records, type Cloud } from "#local/cloud/index.ts";

interface RdsEvent {
  source: "DB_INSTANCE" | "SNAPSHOT";
  category: string;
  message: string;
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html; there is none for a snapshot that failed. */
const messages = {
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
} as const satisfies Record<string, RdsEvent>;

export type EventId = keyof typeof messages;

/** Emits and records RDS's event about the instance or snapshot with this identifier. */
export function emit(cloud: Cloud, eventId: EventId, identifier: string): void {
  const { source, category, message } = messages[eventId];
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
  record(cloud, { at, eventId, identifier });
}

interface EventRecord {
  /** Sorts by time, then by order of emission. */
  key: string;
  at: number;
  eventId: EventId;
  identifier: string;
}

const retentionDays = 14;
const history = ({ store }: Cloud) => records<EventRecord>(store, "rds.events", ({ key }) => key);
const timeKey = (at: number) => String(at).padStart(15, "0");

/** as AWS: DescribeEvents has the events of the last two weeks. */
function record(cloud: Cloud, event: Omit<EventRecord, "key">): void {
  const events = history(cloud);
  const keys = events.keys();
  const oldest = timeKey(event.at - retentionDays * 86_400_000);
  for (const key of keys) if (key < oldest) events.delete(key);
  events.save({ key: `${timeKey(event.at)}-${String(keys.length).padStart(9, "0")}`, ...event });
}

/** The events of the last two weeks, oldest first, in the shape of DescribeEvents. */
export function recordedEvents(cloud: Cloud) {
  return history(cloud)
    .list()
    .map(({ at, eventId, identifier }) => {
      const { source, category, message } = messages[eventId];
      const [kind, SourceType] =
        source === "SNAPSHOT" ? (["snapshot", "db-snapshot"] as const) : (["db", "db-instance"] as const);
      const SourceArn = cloud.arn("rds", `${kind}:${identifier}`);
      return {
        at,
        event: { SourceIdentifier: identifier, SourceType, Message: message, EventCategories: [category], SourceArn },
      };
    });
}
