import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import type { Cloud } from "#local/cloud/index.ts";
import { adoptProcess, ProcessNotStarted, provideNode, startProcess, type HostedProcess } from "#local/kernel/index.ts";
import { openImageCache, type UnpackedImage } from "./image/cache.ts";
import { launchOf } from "./launch.ts";
import { createLogStream, logTarget, shipLog, type TaskLog } from "./logs.ts";
import { resolveSecrets } from "./secrets.ts";
import { messageOf, StartFailure } from "./start-failure.ts";
import type { StoreDeps } from "./store.ts";
import type { ContainerSettings, TaskDefinitionRecord } from "./task-definition.ts";
import type { TaskRecord } from "./task-state.ts";

/** What a container needs before it can start. */
interface Prepared {
  settings: ContainerSettings;
  image: UnpackedImage;
  node: string;
  secrets: Record<string, string>;
}

/** The containers of tasks: each is a process of this machine with its own directory. */
export interface Containers {
  /** Image, secrets and log streams, fetched as the task's execution role. */
  prepare(task: TaskRecord, definition: TaskDefinitionRecord): Promise<Prepared[]>;
  start(task: TaskRecord, definition: TaskDefinitionRecord, prepared: readonly Prepared[]): void;
  /** The process of a container, running or exited, including one that an earlier control plane started. */
  processOf(task: TaskRecord, name: string): HostedProcess | undefined;
  followLogs(task: TaskRecord, definition: TaskDefinitionRecord): void;
  closeLogs(task: TaskRecord): Promise<void>;
  /** Frees what a stopped task no longer needs. */
  release(task: TaskRecord): void;
  /** Deletes the directory of a task. */
  remove(task: TaskRecord): void;
  /** Deletes unpacked images that no task uses. */
  pruneImages(): void;
}

export function createContainers({ cloud, store }: StoreDeps): Containers {
  const images = openImageCache(cloud);
  const tasksDirectory = path.join(cloud.directory("ecs"), "tasks");
  const directoryOf = ({ id }: TaskRecord, name: string) => path.join(tasksDirectory, id, name);
  const processes = new Map<string, HostedProcess>();
  const logs = new Map<string, TaskLog>();

  const processOf = (task: TaskRecord, name: string) => {
    const directory = directoryOf(task, name);
    const process = processes.get(directory) ?? adoptProcess(directory);
    if (process) processes.set(directory, process);
    return process;
  };
  return {
    processOf,
    prepare: (task, { settings }) =>
      Promise.all(
        settings.containerDefinitions.map((each) =>
          prepare(cloud, images, { task, settings: each, role: executionRole(task, settings) }),
        ),
      ),
    start(task, definition, prepared) {
      for (const each of prepared) {
        const { name } = each.settings;
        if (processOf(task, name)) continue;
        processes.set(
          directoryOf(task, name),
          launch(cloud, { task, definition, directory: directoryOf(task, name) }, each),
        );
      }
    },
    followLogs(task, { settings }) {
      for (const each of settings.containerDefinitions) {
        const key = `${task.id}/${each.name}`;
        const target = logTarget(each, task.id, executionRole(task, settings) ?? "");
        const file = processOf(task, each.name)?.outputFile;
        if (!target || file === undefined || logs.has(key)) continue;
        const saveOffset = (offset: number) => store.logOffsets.put(key, offset);
        logs.set(key, shipLog(cloud, target, { file, offset: store.logOffsets.get(key) ?? 0, saveOffset }));
      }
    },
    async closeLogs(task) {
      await Promise.all(task.containers.map(async ({ name }) => logs.get(`${task.id}/${name}`)?.close()));
    },
    release(task) {
      for (const { name } of task.containers) {
        logs.delete(`${task.id}/${name}`);
        store.logOffsets.delete(`${task.id}/${name}`);
        processes.delete(directoryOf(task, name));
        rmSync(path.join(directoryOf(task, name), "scratch"), { recursive: true, force: true });
      }
    },
    remove: ({ id }) => rmSync(path.join(tasksDirectory, id), { recursive: true, force: true }),
    pruneImages() {
      const digests = store.liveTasks().flatMap(({ containers }) => containers.map(({ imageDigest }) => imageDigest));
      images.prune(new Set(digests.filter((digest) => digest !== undefined)));
    },
  };
}

type DefinitionRoles = Pick<TaskDefinitionRecord["settings"], "executionRoleArn" | "taskRoleArn">;

const executionRole = (task: TaskRecord, settings: DefinitionRoles) =>
  task.overrides.executionRoleArn ?? settings.executionRoleArn;

async function prepare(
  cloud: Cloud,
  images: ReturnType<typeof openImageCache>,
  { task, settings, role }: { task: TaskRecord; settings: ContainerSettings; role: string | undefined },
): Promise<Prepared> {
  // Without a role the definition pulls no ECR image: registration requires the role for that.
  const roleArn = role ?? "";
  const target = logTarget(settings, task.id, roleArn);
  const createGroup = settings.logConfiguration?.options["awslogs-create-group"] === "true";
  const [image, secrets] = await Promise.all([
    images.pull(settings.image, roleArn),
    resolveSecrets(cloud, settings.secrets ?? [], roleArn),
    target && createLogStream(cloud, target, createGroup),
  ]);
  return { settings, image, secrets, node: await nodeOf(cloud, image) };
}

/** The official images of Node.js have their version in a variable. */
async function nodeOf(cloud: Cloud, { env }: UnpackedImage): Promise<string> {
  const major = env.find((line) => line.startsWith("NODE_VERSION="))?.split(/[=.]/)[1];
  if (major === undefined) return process.execPath;
  const onDownload = (version: string) => cloud.log("info", "Downloading Node.js", { version });
  return provideNode(major, { onDownload }).catch((error: unknown) => {
    throw new StartFailure("CannotPullContainerError", messageOf(error));
  });
}

interface Place {
  task: TaskRecord;
  definition: TaskDefinitionRecord;
  directory: string;
}

function launch(
  cloud: Cloud,
  { task, definition, directory }: Place,
  { settings, image, secrets, node }: Prepared,
): HostedProcess {
  const scratch = path.join(directory, "scratch");
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  const { argv, cwd, env } = launchOf({
    settings,
    image,
    node,
    secrets,
    scratch,
    databaseAuthority: path.join(cloud.directory("ecs"), "..", "rds", "rds-ca.pem"),
    override: task.overrides.containers.find(({ name }) => name === settings.name),
    ports: task.containers.find(({ name }) => name === settings.name)?.ports ?? {},
    platform: platformVariables(cloud, task, definition.settings),
  });
  try {
    return startProcess({ directory, argv, cwd, env });
  } catch (error) {
    if (error instanceof ProcessNotStarted) throw new StartFailure("CannotStartContainerError", error.message);
    throw error;
  }
}

function platformVariables(cloud: Cloud, task: TaskRecord, definition: DefinitionRoles): Record<string, string> {
  const roleArn = task.overrides.taskRoleArn ?? definition.taskRoleArn;
  const region = { AWS_REGION: cloud.region, AWS_DEFAULT_REGION: cloud.region, AWS_EXECUTION_ENV: "AWS_ECS_FARGATE" };
  return roleArn === undefined ? region : { ...region, ...cloud.roleEnvironment(roleArn, task.id) };
}
