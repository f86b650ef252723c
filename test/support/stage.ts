import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient } from "@aws-sdk/client-sfn";
import type { Status } from "../../cli/stage/status.ts";
import type { ConfigInput } from "../../lib/config/index.ts";
import config from "../../lockstep.config.ts";
import { runProgram, type CommandResult, type RunOptions } from "./command-line.ts";
import { openConsole, type ConsoleProcess } from "./console-process.ts";
import { workingCopy, type WorkingCopy } from "./git.ts";

const root = path.resolve(import.meta.dirname, "..", "..");

export interface ExecutionEnd {
  status: string;
  error: string | undefined;
  cause: string | undefined;
  output: string | undefined;
  executionArn: string;
}

/** A local cloud started by the command line in its own directory, and the actions of its users. */
export interface Stage {
  directory: string;
  /** Runs `lockstep <args>`. */
  lockstep(...args: string[]): Promise<CommandResult>;
  /** The same, with standard input. */
  lockstepWithInput(input: string, ...args: string[]): Promise<CommandResult>;
  /** `lockstep console`. */
  openConsole(): Promise<ConsoleProcess>;
  status(): Promise<Status>;
  /** Address of the app. */
  url(): Promise<string>;
  /** URL of the repository with the password, for git without a credential helper. */
  gitUrl(): Promise<string>;
  /** With the password. */
  databaseUrl(): Promise<string>;
  /** A new working copy with the app's files and the stage's repository as `origin`. */
  clone(app: "storefront" | "tiny-app"): Promise<WorkingCopy>;
  /** Commits files, pushes them and returns the commit. */
  push(copy: WorkingCopy, files: Readonly<Record<string, string>>): Promise<string>;
  /** Waits until the execution of a pushed commit has ended. */
  ended(commit: string): Promise<ExecutionEnd>;
  /** An AWS SDK client of the local cloud. */
  client<C>(Client: new (options: ClientOptions) => C): Promise<C>;
  controlPlanePid(): number;
  /** `kill -9` of the control plane only. */
  kill(): void;
  /** Writes a configuration for the next `up`. */
  configure(config: ConfigInput): void;
  /** `npm start -- --detach`; without the synthesis, unless the stage has a configuration of its own. */
  up(): Promise<CommandResult>;
  /** `npm start`, which runs until Ctrl-C. */
  upAttached(interrupt: AbortSignal, onStdout?: (words: string) => void): Promise<CommandResult>;
  remove(): Promise<void>;
}

interface ClientOptions {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

interface StageStart {
  speed?: number;
  empty?: boolean;
  port?: number;
  /** An empty one, instead of a new one. */
  directory?: string;
  /** Changes of the stage production in lockstep.config.ts, with which it is synthesized again. */
  changes?: Record<string, unknown>;
  /** Changes of the app in lockstep.config.ts. */
  app?: ConfigInput["app"];
  build?: ConfigInput["build"];
  /** The source of lockstep.config.ts, instead of CodeCommit. */
  source?: NonNullable<ConfigInput["source"]>;
}

export async function startStage({ speed = 600, empty = true, port = 0, ...start }: StageStart = {}): Promise<Stage> {
  const { changes, source, app, build, directory = mkdtempSync(path.join(tmpdir(), "lockstep-stage-")) } = start;
  const configFile = path.join(directory, "lockstep.config.ts");
  const configure = (config: ConfigInput) =>
    writeFileSync(configFile, `export default ${JSON.stringify(config, null, 2)};\n`);
  if (changes ?? source ?? app ?? build)
    configure({ ...withStage(changes ?? {}, app), ...(source && { source }), ...(build && { build }) });
  const run = (args: readonly string[], options: RunOptions = {}) =>
    runProgram([process.execPath, path.join(root, "cli", "program.ts"), ...args], {
      ...options,
      environment: { LOCKSTEP_STATE: directory, ...(existsSync(configFile) && { LOCKSTEP_CONFIG: configFile }) },
    });
  const lockstep = (...args: string[]) => run(args);
  const options = ["--speed", String(speed), ...(empty ? ["--empty"] : []), ...(port ? ["--port", String(port)] : [])];
  // Scenarios share cdk.out: a configuration of their own is synthesized elsewhere.
  const upArguments = () => {
    const synthesis = existsSync(configFile) ? ["--assembly", path.join(directory, "cdk.out")] : ["--no-synth"];
    return ["up", ...synthesis, ...options];
  };
  const up = () => run([...upArguments(), "--detach"]);
  const status = async () => JSON.parse((await lockstep("status", "--json")).stdout) as Status;
  const databaseUrl = async () => {
    const { stdout } = await lockstep("status", "--json", "--show-secrets");
    return (JSON.parse(stdout) as Status).databaseUrl ?? "";
  };
  const cloud = () => JSON.parse(readFileSync(path.join(directory, "cloud.json"), "utf8")) as RunningCloud;
  // They stay the same while a control plane runs, and a command takes half a second of a small machine.
  let known: { readonly pid: number; readonly addresses: Status } | undefined;
  const addresses = async () => {
    const { pid } = cloud();
    if (known?.pid !== pid) known = { pid, addresses: await status() };
    return known.addresses;
  };
  const gitUrl = async () =>
    Object.assign(new URL((await addresses()).gitUrl), { username: "test", password: cloud().gitToken }).href;
  const client = async <C>(Client: new (options: ClientOptions) => C) => {
    const { endpoint, region, accessKeyId, secretAccessKey } = cloud();
    return new Client({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  };
  const started = await up();
  if (started.exitCode !== 0) throw new Error(`The stage did not start:\n${started.stdout}\n${started.stderr}`);
  return {
    directory,
    lockstep,
    openConsole: () => openConsole((options) => run(["console", "--no-open"], options)),
    lockstepWithInput: (input, ...args) => run(args, { input }),
    configure,
    status,
    url: async () => (await addresses()).url,
    gitUrl,
    databaseUrl,
    up,
    upAttached: (interrupt, onStdout) => run(upArguments(), { interrupt, ...(onStdout && { onStdout }) }),
    client,
    controlPlanePid: () => cloud().pid,
    kill: () => void process.kill(cloud().pid, "SIGKILL"),
    clone: async (app) => cloneApp(app, await gitUrl()),
    async push(copy, files) {
      const commit = await copy.commit(files);
      await copy.git("push", "--quiet", "--force", "origin", "HEAD:refs/heads/main");
      return commit;
    },
    ended: (commit) => executionEnd(() => client(SFNClient), commit),
    async remove() {
      await lockstep("down");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** lockstep.config.ts with changes of its stage production, and of the app. */
export function withStage(changes: Record<string, unknown>, app: ConfigInput["app"] = {}): ConfigInput {
  return {
    ...config,
    app: { ...config.app, ...app },
    stages: { production: { ...config.stages.production, branch: "main", ...changes } },
  };
}

interface RunningCloud extends Omit<ClientOptions, "credentials"> {
  pid: number;
  accessKeyId: string;
  secretAccessKey: string;
  gitToken: string;
}

async function cloneApp(app: string, gitUrl: string): Promise<WorkingCopy> {
  const copy = await workingCopy();
  const source = app === "storefront" ? path.join(root, "examples", app) : path.join(root, "test", "fixtures", app);
  const leftOut = new Set(["node_modules", "dist"]);
  cpSync(source, copy.directory, { recursive: true, filter: (file) => !leftOut.has(path.basename(file)) });
  await copy.git("remote", "add", "origin", gitUrl);
  return copy;
}

/** Polls until the execution has ended; the control plane may be down in between. */
async function executionEnd(client: () => Promise<SFNClient>, commit: string): Promise<ExecutionEnd> {
  const stateMachineArn = "arn:aws:states:eu-central-1:123456789012:stateMachine:storefront-production-deploy";
  const deadline = Date.now() + 240_000;
  while (Date.now() < deadline) {
    const end = await client()
      .then((sfn) => lookUp(sfn, stateMachineArn, commit))
      .catch(() => undefined);
    if (end) return end;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`The deployment of ${commit.slice(0, 8)} did not end within four minutes`);
}

async function lookUp(sfn: SFNClient, stateMachineArn: string, commit: string): Promise<ExecutionEnd | undefined> {
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
  const execution = executions.find(({ name }) => name?.startsWith(commit.slice(0, 8)));
  if (!execution || execution.status === "RUNNING") return undefined;
  const executionArn = execution.executionArn ?? "";
  const { status = "", error, cause, output } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  return { status, error, cause, output, executionArn };
}
