import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
  PutMetricFilterCommand,
  type PutLogEventsCommandInput,
} from "@aws-sdk/client-cloudwatch-logs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { cloudwatchLogs } from "#local/services/cloudwatch-logs/index.ts";
import { startTestCloud, type TestCloud } from "#test/support/local-cloud.ts";

let local: TestCloud;
let logs: CloudWatchLogsClient;
let group: string;
let count = 0;

beforeAll(async () => {
  const Resource = "arn:aws:logs:eu-central-1:123456789012:log-group:/app/*";
  const writer = {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource }],
  };
  local = await startTestCloud({ services: [cloudwatchLogs], roles: { writer } });
  logs = local.client(CloudWatchLogsClient);
});
afterAll(() => local.stop());

beforeEach(async () => {
  group = `/app/${++count}`;
  await logs.send(new CreateLogGroupCommand({ logGroupName: group }));
  await logs.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: "one" }));
});

const put = (messages: string[], more: Partial<PutLogEventsCommandInput> & { at?: number } = {}) => {
  const { at = Date.now(), ...input } = more;
  const logEvents = messages.map((message, index) => ({ timestamp: at + index, message }));
  return logs.send(new PutLogEventsCommand({ logGroupName: group, logStreamName: "one", logEvents, ...input }));
};
const get = async (more: object = {}) => {
  const input = { logGroupName: group, logStreamName: "one", ...more };
  const { events = [], ...tokens } = await logs.send(new GetLogEventsCommand(input));
  return { messages: events.map(({ message }) => message), ...tokens };
};
const filter = async (more: object = {}) => {
  const { events = [], nextToken } = await logs.send(new FilterLogEventsCommand({ logGroupName: group, ...more }));
  return { messages: events.map(({ message }) => message), nextToken };
};

describe("lines of a stream", () => {
  it("are read from the end, and back", async () => {
    await put(["a", "b", "c", "d"]);
    const end = await get({ limit: 2 });
    expect(end.messages).toEqual(["c", "d"]);
    const before = await get({ limit: 2, nextToken: end.nextBackwardToken });
    expect(before.messages).toEqual(["a", "b"]);
    expect((await get({ nextToken: before.nextBackwardToken })).messages).toEqual([]);
  });

  it("are followed forward, and the token stays the same at the end", async () => {
    await put(["a", "b"]);
    const start = await get({ startFromHead: true });
    expect(start.messages).toEqual(["a", "b"]);
    const nothing = await get({ nextToken: start.nextForwardToken });
    expect(nothing).toMatchObject({ messages: [], nextForwardToken: start.nextForwardToken });
    await put(["c"]);
    expect((await get({ nextToken: nothing.nextForwardToken })).messages).toEqual(["c"]);
  });

  it("are bounded by time", async () => {
    const at = Date.now() - 10_000;
    await put(["a", "b", "c"], { at });
    expect((await get({ startTime: at + 1, endTime: at + 2 })).messages).toEqual(["b"]);
  });

  it("must come in chronological order", async () => {
    const logEvents = [
      { timestamp: Date.now(), message: "late" },
      { timestamp: Date.now() - 1000, message: "early" },
    ];
    await expect(put([], { logEvents })).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: "Log events in a single PutLogEvents request must be in chronological order.",
    });
  });

  it("must not span more than a day", async () => {
    const logEvents = [Date.now() - 25 * 3600_000, Date.now()].map((timestamp) => ({ timestamp, message: "x" }));
    await expect(put([], { logEvents })).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
    });
  });

  it("are rejected when they are too old", async () => {
    const limit = Date.now() - 14 * 24 * 3600_000;
    const old = { timestamp: limit - 3600_000, message: "old" };
    const answer = await put([], { logEvents: [old, { timestamp: limit + 3600_000, message: "new" }] });
    expect(answer.rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1 });
    expect((await get()).messages).toEqual(["new"]);
  });

  it("need their stream and group", async () => {
    await expect(put(["x"], { logStreamName: "two" })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "The specified log stream does not exist.",
    });
    await expect(put(["x"], { logGroupName: "/none" })).rejects.toMatchObject({
      message: "The specified log group does not exist.",
    });
  });

  it("survive the control plane", async () => {
    const first = await startTestCloud({ services: [cloudwatchLogs] });
    const client = first.client(CloudWatchLogsClient);
    const place = { logGroupName: "/kept", logStreamName: "one" };
    await client.send(new CreateLogGroupCommand(place));
    await client.send(new CreateLogStreamCommand(place));
    const logEvents = [{ timestamp: Date.now(), message: "kept" }];
    await client.send(new PutLogEventsCommand({ ...place, logEvents }));
    await first.detach();
    const second = await startTestCloud({ services: [cloudwatchLogs], directory: first.directory });
    const { events } = await second.client(CloudWatchLogsClient).send(new GetLogEventsCommand(place));
    expect(second.endpoint).toBe(first.endpoint);
    expect(events?.map(({ message }) => message)).toEqual(["kept"]);
    await second.stop();
  });
});

describe("a search over a group", () => {
  beforeEach(async () => {
    await logs.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: "two" }));
    const at = Date.now() - 10_000;
    await put(["start", "ERROR disk full", "end"], { at });
    await put(["ERROR network", "INFO done"], { at: at + 1, logStreamName: "two" });
  });

  it("merges the streams by time", async () => {
    expect((await filter()).messages).toEqual(["start", "ERROR disk full", "ERROR network", "end", "INFO done"]);
  });

  it("goes on by its token", async () => {
    const first = await filter({ limit: 3 });
    expect((await filter({ limit: 3, nextToken: first.nextToken })).messages).toEqual(["end", "INFO done"]);
  });

  it.each([
    ["ERROR", ["ERROR disk full", "ERROR network"]],
    ['ERROR "disk full"', ["ERROR disk full"]],
    ["ERROR -disk", ["ERROR network"]],
    ["?start ?done", ["start", "INFO done"]],
    ["error", []],
  ])("takes the pattern %s", async (filterPattern, wanted) => {
    expect((await filter({ filterPattern })).messages).toEqual(wanted);
  });

  it("refuses a pattern it does not understand", async () => {
    await expect(filter({ filterPattern: "{ $.level = 40 }" })).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
  });

  it("takes some of the streams", async () => {
    expect((await filter({ logStreamNamePrefix: "tw" })).messages).toEqual(["ERROR network", "INFO done"]);
    await expect(filter({ logStreamNames: ["three"] })).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("takes the group by its ARN", async () => {
    const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: group }));
    const byArn = { logGroupName: undefined, logGroupIdentifier: logGroups[0]?.logGroupArn };
    expect((await filter(byArn)).messages).toHaveLength(5);
  });
});

it("lists streams by their last event", async () => {
  await logs.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: "newer" }));
  await put(["a"], { at: Date.now() - 5000 });
  await put(["b"], { logStreamName: "newer" });
  const input = { logGroupName: group, orderBy: "LastEventTime", descending: true } as const;
  const { logStreams = [] } = await logs.send(new DescribeLogStreamsCommand(input));
  expect(logStreams.map(({ logStreamName }) => logStreamName)).toEqual(["newer", "one"]);
});

it("creates a group and a stream once", async () => {
  const again = { logGroupName: group, logStreamName: "one" };
  await expect(logs.send(new CreateLogGroupCommand(again))).rejects.toMatchObject({
    name: "ResourceAlreadyExistsException",
  });
  await expect(logs.send(new CreateLogStreamCommand(again))).rejects.toMatchObject({
    name: "ResourceAlreadyExistsException",
  });
});

it("deletes the lines with their group", async () => {
  await put(["a"]);
  await logs.send(new DeleteLogGroupCommand({ logGroupName: group }));
  await logs.send(new CreateLogGroupCommand({ logGroupName: group }));
  await logs.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: "one" }));
  expect((await get()).messages).toEqual([]);
});

it("lets a role write only where its policy says", async () => {
  const role = local.client(CloudWatchLogsClient, "writer");
  await role.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: "role" }));
  await logs.send(new CreateLogGroupCommand({ logGroupName: `/other/${count}` }));
  const elsewhere = new CreateLogStreamCommand({ logGroupName: `/other/${count}`, logStreamName: "role" });
  await expect(role.send(elsewhere)).rejects.toMatchObject({
    name: "AccessDeniedException",
    message: `User: arn:aws:sts::123456789012:assumed-role/writer/test is not authorized to perform: logs:CreateLogStream on resource: arn:aws:logs:eu-central-1:123456789012:log-group:/other/${count}:log-stream:role because no identity-based policy allows the logs:CreateLogStream action`,
  });
  await expect(role.send(new FilterLogEventsCommand({ logGroupName: group }))).rejects.toMatchObject({
    name: "AccessDeniedException",
  });
});

it("names what is missing and what it does not do", async () => {
  const unnamed = new CreateLogStreamCommand({ logGroupName: group, logStreamName: undefined });
  await expect(logs.send(unnamed)).rejects.toMatchObject({
    name: "InvalidParameterException",
    message:
      "1 validation error detected: Value null at 'logStreamName' failed to satisfy constraint: Member must not be null",
  });
  const metricFilter = new PutMetricFilterCommand({
    logGroupName: group,
    filterName: "x",
    filterPattern: "",
    metricTransformations: [],
  });
  await expect(logs.send(metricFilter)).rejects.toMatchObject({ name: "NotImplemented" });
});
