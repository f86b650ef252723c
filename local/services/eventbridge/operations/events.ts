import type { PutEventsRequestEntry, PutEventsResultEntry } from "@aws-sdk/client-eventbridge";
import type { Deps } from "../deps.ts";
import { checkBus, checkPattern, invalid } from "../faults.ts";
import { matchesPattern, type Json } from "../pattern.ts";
import type { Operations } from "../reads.ts";

const maxRequestBytes = 256 * 1024;
const requiredFields = ["id", "account", "source", "time", "region", "resources", "detail-type"];

export const eventOperations = (deps: Deps) =>
  ({
    putEvents({ Entries }) {
      if (Entries.length < 1 || Entries.length > 10)
        throw invalid(`PutEvents accepts 1 to 10 entries, not ${Entries.length}.`);
      const size = Entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
      if (size > maxRequestBytes) throw invalid("Total size of the entries in the request is over the limit.");
      const results = Entries.map((entry) => putEvent(deps, entry));
      return { FailedEntryCount: results.filter(({ ErrorCode }) => ErrorCode !== undefined).length, Entries: results };
    },
    testEventPattern({ EventPattern, Event }) {
      const pattern = checkPattern(EventPattern);
      const event = parseObject(Event);
      if (!event || requiredFields.some((field) => event[field] === undefined))
        throw invalid(`Parameter Event is not valid. It must be JSON with ${requiredFields.join(", ")}.`);
      return { Result: matchesPattern(pattern, event) };
    },
  }) satisfies Partial<Operations>;

function putEvent({ cloud, bus }: Deps, entry: PutEventsRequestEntry): PutEventsResultEntry {
  const { Source = "", DetailType = "", Detail, Time, Resources = [], EventBusName } = entry;
  checkBus(EventBusName);
  const missing = (["Source", "DetailType", "Detail"] as const).find((field) => !entry[field]);
  const rejected = (ErrorCode: string, ErrorMessage: string) => ({ ErrorCode, ErrorMessage });
  if (missing)
    return rejected("InvalidArgument", `Parameter ${missing} is not valid. Reason: ${missing} is a required argument.`);
  if (Source.startsWith("aws.")) {
    return rejected("NotAuthorizedForSourceException", "Not authorized for the source.");
  }
  const detail = parseObject(Detail ?? "");
  if (!detail) return rejected("MalformedDetail", "Detail is malformed.");
  const event = { source: Source, detailType: DetailType, resources: Resources, detail };
  const envelope = bus.envelope(event, Time?.getTime() ?? cloud.clock.now());
  bus.accept(envelope);
  return { EventId: envelope.id };
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size */
function sizeOf({ Time, Source = "", DetailType = "", Detail = "", Resources = [] }: PutEventsRequestEntry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  return (Time ? 14 : 0) + texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

function parseObject(text: string): { [key: string]: Json } | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
