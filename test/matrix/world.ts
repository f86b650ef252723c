import { BatchGetBuildsCommand, type Build, CodeBuildClient, ListBuildsCommand } from "@aws-sdk/client-codebuild";
import { CloudWatchClient, DescribeAlarmsCommand, SetAlarmStateCommand } from "@aws-sdk/client-cloudwatch";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { QueryResultRow } from "pg";
import { type LockRecord, readLock } from "../../lambdas/core/lock.ts";
import { type DeploymentRecord, loadRecords } from "../../lambdas/core/record.ts";
import { loadRollback, type RollbackRecord } from "../../lambdas/rollback/rollback.ts";
import { dynamoTable, type Table } from "../../lambdas/core/table.ts";
import type { Status } from "../../cli/stage/status.ts";
import { queryDatabase } from "../support/database.ts";
import type { WorkingCopy } from "../support/git.ts";
import { startStage, type Stage } from "../support/stage.ts";
import { appFiles } from "./app.ts";

export const prefix = "storefront-production";
export const machineArn = (name: string) => `arn:aws:states:eu-central-1:123456789012:stateMachine:${prefix}-${name}`;
/** Longer than the longest time limit that a case lets pass: that of a hook that never reports. */
const patienceMilliseconds = 600_000;

/** A stage with a good release, and what a case does to it and asks of it. All of it through AWS's APIs, git and HTTP. */
export class World {
  readonly stage: Stage;
  readonly copy: WorkingCopy;
  /** Commit of the release that served when the case began. */
  good = "";
  /** Where users reach production. */
  readonly url: string;
  private readonly databaseUrl: string;
  private turn = 0;

  private constructor(stage: Stage, copy: WorkingCopy, status: Status) {
    this.stage = stage;
    this.copy = copy;
    this.url = status.url;
    this.databaseUrl = status.databaseUrl;
  }

  static async start(speed: number): Promise<World> {
    const stage = await startStage({ speed });
    const world = new World(stage, await stage.clone("tiny-app"), await stage.status());
    await world.release();
    return world;
  }

  /** Brings a good release out, from which the next case starts. */
  async release(): Promise<void> {
    const commit = await this.push();
    const record = await this.settled(commit);
    if (record.status !== "succeeded") throw new Error(`No good release: ${JSON.stringify(record.failure)}`);
    this.good = commit;
  }

  /** The next case starts from the release that serves now, if nobody is at work on the stage any more. */
  async carryOn(): Promise<void> {
    const { holder, frozen } = await this.lock();
    const commit = await this.serves();
    const record = await this.record(commit);
    if (holder !== undefined || frozen || record?.status !== "succeeded")
      throw new Error(
        `The stage is not ready for another case: ${commit} serves, ${frozen?.reason ?? holder ?? "free"}`,
      );
    this.good = commit;
  }

  /** Pushes the app with these of its files changed. */
  async push(files: Readonly<Record<string, string>> = {}, message = "Change"): Promise<string> {
    this.turn += 1;
    const commit = await this.copy.commit({ ...(await appFiles()), ...files, "turn.txt": String(this.turn) }, message);
    await this.copy.git("push", "--quiet", "--force", "origin", "HEAD:refs/heads/main");
    return commit;
  }

  async table(): Promise<Table> {
    return dynamoTable(DynamoDBDocumentClient.from(await this.stage.client(DynamoDBClient)), prefix);
  }

  async record(commit: string): Promise<DeploymentRecord | undefined> {
    const found = (await loadRecords(await this.table())).filter((record) => record.commit === commit);
    return found.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1)).at(-1);
  }

  async lock(): Promise<LockRecord> {
    return readLock(await this.table());
  }

  async builds(commit: string): Promise<number> {
    return (await this.buildsOf(commit)).length;
  }

  async buildPhase(commit: string): Promise<string | undefined> {
    return (await this.buildsOf(commit))[0]?.currentPhase;
  }

  private async buildsOf(commit: string): Promise<Build[]> {
    const client = await this.stage.client(CodeBuildClient);
    const { ids = [] } = await client.send(new ListBuildsCommand({}));
    const { builds = [] } = await client.send(new BatchGetBuildsCommand({ ids: ids.slice(0, 20) }));
    return builds.filter(({ sourceVersion }) => sourceVersion === commit);
  }

  async rollback(id: string): Promise<RollbackRecord | undefined> {
    return loadRollback(await this.table(), id);
  }

  /** Waits until a commit's deployment has a fate and nobody is at work on the stage. */
  settled(commit: string): Promise<DeploymentRecord> {
    return this.until(`the deployment of ${commit.slice(0, 8)} is settled`, async () => {
      const { holder, frozen } = await this.lock(); // first: whoever holds it writes to the record before it lets go
      const record = await this.record(commit);
      if (!record || record.status === "running" || record.rollback?.outcome === "running") return undefined;
      return holder === undefined || frozen ? record : undefined;
    });
  }

  /** Waits until a step of a commit's deployment has begun, or begun again in a later attempt. */
  begun(commit: string, step: string, attempt = 0): Promise<DeploymentRecord> {
    return this.until(`${step} of ${commit.slice(0, 8)} begins`, async () => {
      const record = await this.record(commit);
      return record?.steps[step]?.attempt === attempt ? record : undefined;
    });
  }

  /** Waits until a state of a commit's execution has been entered, also when its function does not run. */
  entered(commit: string, state: string): Promise<DeploymentRecord> {
    return this.until(`${commit.slice(0, 8)} enters ${state}`, async () => {
      const record = await this.record(commit);
      return record && (await this.statesEntered(record)).includes(state) ? record : undefined;
    });
  }

  async abort(record: DeploymentRecord): Promise<void> {
    const command = new StopExecutionCommand({
      executionArn: record.execution,
      error: "Aborted",
      cause: "by a person",
    });
    await (await this.sfn()).send(command);
  }

  async redrive(record: DeploymentRecord): Promise<DeploymentRecord> {
    const sfn = await this.sfn();
    await sfn.send(new RedriveExecutionCommand({ executionArn: record.execution }));
    await this.until("the redrive ends", async () => {
      const { status } = await sfn.send(new DescribeExecutionCommand({ executionArn: record.execution }));
      return status === "RUNNING" ? undefined : true;
    });
    return this.settled(record.commit);
  }

  async startRollback(name: string): Promise<void> {
    const cause = { kind: "person", by: "arn:aws:iam::123456789012:root" };
    const input = JSON.stringify({ rollback: name, requestedAt: new Date().toISOString(), cause });
    await (await this.sfn()).send(new StartExecutionCommand({ stateMachineArn: machineArn("rollback"), name, input }));
  }

  /** What goes on for longer than it should: executions that run while nobody waits for anything. */
  async running(name = "deploy"): Promise<number> {
    const command = new ListExecutionsCommand({ stateMachineArn: machineArn(name), statusFilter: "RUNNING" });
    return ((await (await this.sfn()).send(command)).executions ?? []).length;
  }

  async statesEntered(record: DeploymentRecord): Promise<string[]> {
    const command = new GetExecutionHistoryCommand({ executionArn: record.execution, maxResults: 1000 });
    const { events = [] } = await (await this.sfn()).send(command);
    return events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
  }

  async alarm(name: string, StateValue: "ALARM" | "OK"): Promise<void> {
    const client = await this.stage.client(CloudWatchClient);
    await client.send(
      new SetAlarmStateCommand({ AlarmName: `${prefix}-${name}`, StateValue, StateReason: "set by the matrix" }),
    );
  }

  /** When an alarm began to ring that somebody else than we turned red. */
  alarmRings(): Promise<number> {
    return this.until("an alarm rings", async () => {
      const client = await this.stage.client(CloudWatchClient);
      const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({ StateValue: "ALARM" }));
      return MetricAlarms[0]?.StateUpdatedTimestamp?.getTime();
    });
  }

  /** The commit that production serves, as a user would see it. */
  async serves(): Promise<string> {
    return (await fetch(this.url)).headers.get("x-release") ?? "";
  }

  async missingRows(keys: ReadonlySet<string>): Promise<number> {
    const rows = await this.query<{ key: string }>("select key from entries where key = any($1)", [[...keys]]);
    return keys.size - rows.length;
  }

  query<R extends QueryResultRow>(sql: string, values: unknown[] = []): Promise<R[]> {
    return queryDatabase<R>(this.databaseUrl, sql, values);
  }

  /** Waits until the stage is frozen. */
  frozen(): Promise<true> {
    return this.until("the stage is frozen", async () => ((await this.lock()).frozen ? true : undefined));
  }

  async until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    const deadline = Date.now() + patienceMilliseconds;
    for (;;) {
      const found = await look().catch((error: unknown) => {
        if (Date.now() > deadline) throw error;
        return undefined; // the control plane may just be dead
      });
      if (found !== undefined) return found;
      if (Date.now() > deadline)
        throw new Error(`It did not come about within ${patienceMilliseconds / 1000} s: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  sfn(): Promise<SFNClient> {
    return this.stage.client(SFNClient);
  }

  async remove(): Promise<void> {
    await this.stage.remove();
    this.copy.remove();
  }
}
