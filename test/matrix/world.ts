import { BatchGetBuildsCommand, type Build, CodeBuildClient, ListBuildsCommand } from "@aws-sdk/client-codebuild";
import { CloudWatchClient, DescribeAlarmsCommand, SetAlarmStateCommand } from "@aws-sdk/client-cloudwatch";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DescribeDBSnapshotsCommand, RDSClient } from "@aws-sdk/client-rds";
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
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
import { loadRollback, type RollbackRecord } from "../../lambdas/rollback/record.ts";
import { dynamoTable, type Table } from "../../lambdas/core/table.ts";
import { queryDatabase } from "../support/database.ts";
import type { WorkingCopy } from "../support/git.ts";
import { startStage, type Stage } from "../support/stage.ts";
import { appFiles } from "./app.ts";

export const prefix = "storefront-production";
export const machineArn = (name: string) => `arn:aws:states:eu-central-1:123456789012:stateMachine:${prefix}-${name}`;
/** Longer than the longest timeout in a case: the hook that never reports. */
const timeoutMilliseconds = 600_000;

/** The app that a world deploys: a working copy to start from, and the files that every push resets. */
interface App {
  readonly copy: Parameters<Stage["clone"]>[0];
  readonly files: () => Files | Promise<Files>;
}

type Files = Readonly<Record<string, string>>;

const ledger: App = { copy: "tiny-app", files: appFiles };

/** A stage with a healthy release. Cases change and read it through AWS APIs, git and HTTP only. */
export class World {
  readonly stage: Stage;
  readonly copy: WorkingCopy;
  /** Commit of the release that was live when the case started. */
  goodCommit = "";
  /** URL of production. */
  readonly url: string;
  private readonly databaseUrl: string;
  private readonly files: App["files"];
  private turn = 0;

  private constructor(stage: Stage, copy: WorkingCopy, start: Pick<App, "files"> & { url: string; database: string }) {
    this.stage = stage;
    this.copy = copy;
    this.files = start.files;
    this.url = start.url;
    this.databaseUrl = start.database;
  }

  static async start(speed: number, { copy, files }: App = ledger): Promise<World> {
    const stage = await startStage({ speed });
    const url = await stage.url();
    const world = new World(stage, await stage.clone(copy), { files, url, database: await stage.databaseUrl() });
    await world.release();
    return world;
  }

  /** Deploys a healthy release, from which the next case starts. */
  async release(): Promise<void> {
    const commit = await this.push();
    const record = await this.finished(commit);
    if (record.status !== "succeeded") throw new Error(`The release failed: ${JSON.stringify(record.failure)}`);
    this.goodCommit = commit;
  }

  /** Starts the next case from the live release, if the stage is idle and not frozen. */
  async acceptLiveRelease(): Promise<void> {
    const { holder, frozen } = await this.lock();
    const commit = await this.servedCommit();
    const record = await this.record(commit);
    if (holder !== undefined || frozen || record?.status !== "succeeded")
      throw new Error(
        `The stage is not ready for another case: ${commit} is live, ${frozen?.reason ?? holder ?? "free"}`,
      );
    this.goodCommit = commit;
  }

  /** Pushes the app with these files changed. */
  async push(files: Files = {}, message = "Change"): Promise<string> {
    this.turn += 1;
    const commit = await this.copy.commit(
      { ...(await this.files()), ...files, "turn.txt": String(this.turn) },
      message,
    );
    await this.copy.git("push", "--quiet", "--force", "origin", "HEAD:refs/heads/main");
    return commit;
  }

  async table(): Promise<Table> {
    return dynamoTable(DynamoDBDocumentClient.from(await this.stage.client(DynamoDBClient)), prefix);
  }

  async record(commit: string): Promise<DeploymentRecord | undefined> {
    const records = (await loadRecords(await this.table())).filter((record) => record.commit === commit);
    return records.toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1)).at(-1);
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

  async snapshotStatus(id: string): Promise<string | undefined> {
    const { DBSnapshots = [] } = await (await this.stage.client(RDSClient)).send(new DescribeDBSnapshotsCommand({}));
    return DBSnapshots.find(({ DBSnapshotIdentifier }) => DBSnapshotIdentifier === id)?.Status;
  }

  async rollback(id: string): Promise<RollbackRecord | undefined> {
    return loadRollback(await this.table(), id);
  }

  /** Waits until a commit's deployment and its rollback have ended and the lock is free or the stage is frozen. */
  finished(commit: string): Promise<DeploymentRecord> {
    return this.until(`the deployment of ${commit.slice(0, 8)} has ended`, async () => {
      const { holder, frozen } = await this.lock(); // first: the holder writes the record before it releases the lock
      const record = await this.record(commit);
      if (!record || record.status === "running" || record.rollback?.outcome === "running") return undefined;
      return holder === undefined || frozen ? record : undefined;
    });
  }

  /** Waits until a step of a commit's deployment has started in the given attempt. */
  stepStarted(commit: string, step: string, attempt = 0): Promise<DeploymentRecord> {
    return this.until(`${step} of ${commit.slice(0, 8)} starts`, async () => {
      const record = await this.record(commit);
      return record?.steps[step]?.attempt === attempt ? record : undefined;
    });
  }

  /** Waits until a commit's execution has entered a state, even if its function cannot run. */
  stateEntered(commit: string, state: string): Promise<DeploymentRecord> {
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
    return this.finished(record.commit);
  }

  /** Redrives the rollback that holds the lock, until it releases it. */
  async redriveRollback(): Promise<void> {
    const { holder } = await this.lock();
    await (await this.sfn()).send(new RedriveExecutionCommand({ executionArn: holder }));
    await this.until("the rollback releases the lock", async () =>
      (await this.lock()).holder === undefined ? true : undefined,
    );
  }

  async startRollback(name: string): Promise<void> {
    const cause = { kind: "person", by: "arn:aws:iam::123456789012:root" };
    const input = JSON.stringify({ rollback: name, requestedAt: new Date().toISOString(), cause });
    await (await this.sfn()).send(new StartExecutionCommand({ stateMachineArn: machineArn("rollback"), name, input }));
  }

  /** The number of running executions. */
  async running(name = "deploy"): Promise<number> {
    const command = new ListExecutionsCommand({ stateMachineArn: machineArn(name), statusFilter: "RUNNING" });
    return ((await (await this.sfn()).send(command)).executions ?? []).length;
  }

  async statesEntered(record: DeploymentRecord): Promise<string[]> {
    const events = await this.history(record.execution);
    return events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
  }

  /** The first thousand events of an execution. */
  async history(executionArn: string | undefined): Promise<HistoryEvent[]> {
    const command = new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 });
    return (await (await this.sfn()).send(command)).events ?? [];
  }

  async alarm(name: string, StateValue: "ALARM" | "OK"): Promise<void> {
    const client = await this.stage.client(CloudWatchClient);
    await client.send(
      new SetAlarmStateCommand({ AlarmName: `${prefix}-${name}`, StateValue, StateReason: "set by the matrix" }),
    );
  }

  /** Waits until an alarm is in ALARM; returns since when. */
  alarmRaised(): Promise<number> {
    return this.until("an alarm goes off", async () => {
      const client = await this.stage.client(CloudWatchClient);
      const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand({ StateValue: "ALARM" }));
      return MetricAlarms[0]?.StateUpdatedTimestamp?.getTime();
    });
  }

  /** The commit of the release that answers in production. */
  async servedCommit(): Promise<string> {
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
  untilFrozen(): Promise<true> {
    return this.until("the stage is frozen", async () => ((await this.lock()).frozen ? true : undefined));
  }

  async until<T>(what: string, read: () => Promise<T | undefined>): Promise<T> {
    const deadline = Date.now() + timeoutMilliseconds;
    for (;;) {
      const value = await read().catch((error: unknown) => {
        if (Date.now() > deadline) throw error;
        return undefined; // the control plane may be restarting
      });
      if (value !== undefined) return value;
      if (Date.now() > deadline) throw new Error(`Timed out after ${timeoutMilliseconds / 1000} s: ${what}`);
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
