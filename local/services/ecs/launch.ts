import { accessSync, constants, lstatSync, statSync } from "node:fs";
import path from "node:path";
import type { UnpackedImage } from "./image/cache.ts";
import { StartFailure } from "./start-failure.ts";
import type { ContainerSettings } from "./task-definition.ts";
import type { TaskOverrides } from "./task-state.ts";

export interface LaunchRequest {
  settings: ContainerSettings;
  override: TaskOverrides["containers"][number] | undefined;
  image: UnpackedImage;
  secrets: Readonly<Record<string, string>>;
  /** Of the task's role, and what ECS itself adds. */
  platform: Readonly<Record<string, string>>;
  /** Port on this machine by container port. */
  ports: Readonly<Record<string, number>>;
  /** A directory that the process may write to. */
  scratch: string;
}

export interface Launch {
  argv: [string, ...string[]];
  cwd: string;
  env: Record<string, string>;
}

const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What to start for a container: the image's files instead of a file system of its own, everything else as the container would find it. */
export function launchOf(request: LaunchRequest): Launch {
  const { settings, override, image } = request;
  const entryPoint = settings.entryPoint ?? image.entryPoint;
  // As Docker: a new entry point makes the image's command void.
  const command = override?.command ?? settings.command ?? (settings.entryPoint ? [] : image.command);
  const [word, ...rest] = [...entryPoint, ...command];
  if (word === undefined || word === "")
    throw new StartFailure("CannotStartContainerError", "no command specified by the task definition or the image");
  const env = environment(request);
  const cwd = inTree(image.root, settings.workingDirectory ?? image.workingDirectory);
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory())
    throw new StartFailure(
      "CannotStartContainerError",
      `the working directory ${settings.workingDirectory} is not in the image`,
    );
  const argv = rest.map((argument) => fromTree(image.root, argument));
  return { argv: [executable(word, { root: image.root, cwd, path: env.PATH ?? "" }), ...argv], cwd, env };
}

function environment(request: LaunchRequest): Record<string, string> {
  const { settings, override, image, secrets, platform, ports, scratch } = request;
  const ofImage = Object.fromEntries(
    image.env.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  const { PATH: imagePath = systemPath, ...merged }: Record<string, string> = {
    HOME: scratch,
    TMPDIR: scratch,
    // differs from AWS: a task shares the machine's network here, so a server that asks is told to listen on loopback alone.
    HOST: "127.0.0.1",
    ...ofImage,
    ...variables(settings.environment),
    ...variables(override?.environment ?? []),
    ...secrets,
    ...platform,
  };
  const own = imagePath.split(":").map((directory) => inTree(image.root, directory));
  // First the Node that the image's base stands for, then the image's own programs, then this machine's.
  return {
    ...merged,
    ...portVariable(merged.PORT, ports),
    PATH: [path.dirname(process.execPath), ...own, systemPath].join(":"),
  };
}

/**
 * differs from AWS: a task has no address of its own here, so it cannot have the port that its definition names. The port it has instead is in PORT,
 * unless PORT is set to something that is no port of the container.
 */
function portVariable(asked: string | undefined, ports: Readonly<Record<string, number>>): { PORT?: string } {
  const port = asked === undefined ? Object.values(ports)[0] : ports[asked];
  return port === undefined ? {} : { PORT: String(port) };
}

const variables = (list: readonly { name: string; value: string }[]) =>
  Object.fromEntries(list.map(({ name, value }) => [name, value]));

function executable(word: string, { root, cwd, path: search }: { root: string; cwd: string; path: string }): string {
  if (word === "node") return process.execPath; // what the image's base stands for
  const candidates = word.startsWith("/")
    ? [inTree(root, word), word]
    : word.includes("/")
      ? [path.resolve(cwd, word)]
      : search.split(":").map((directory) => path.join(directory, word));
  const found = candidates.find(isExecutable);
  if (found !== undefined) return path.basename(found) === "node" ? process.execPath : found;
  throw new StartFailure("CannotStartContainerError", `exec: "${word}": executable file not found in $PATH`);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** An absolute path that the image has means the image's. */
function fromTree(root: string, argument: string): string {
  const inside = inTree(root, argument);
  return argument.startsWith("/") && lstatSync(inside, { throwIfNoEntry: false }) ? inside : argument;
}

/** Where a path of the container lies on this machine; it cannot climb out. */
const inTree = (root: string, name: string) => path.join(root, path.posix.resolve("/", name));
