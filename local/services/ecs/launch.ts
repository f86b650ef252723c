import {
  accessSync,
  appendFileSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  readFileSync,
  statSync,
} from "node:fs";
import path from "node:path";
import type { UnpackedImage } from "./image/cache.ts";
import { StartFailure } from "./start-failure.ts";
import { taskAddress } from "./targets.ts";
import type { ContainerSettings } from "./task-definition.ts";
import type { TaskOverrides } from "./task-state.ts";

export interface LaunchRequest {
  settings: ContainerSettings;
  override: TaskOverrides["containers"][number] | undefined;
  image: UnpackedImage;
  /** Node.js of the version that the image has; represents its base image. */
  node: string;
  secrets: Readonly<Record<string, string>>;
  /** Credentials of the task role, and what ECS adds. */
  platform: Readonly<Record<string, string>>;
  /** Host port by container port. */
  ports: Readonly<Record<string, number>>;
  /** A writable directory. */
  scratch: string;
  /** Certificate of the local RDS authority, if there is one. */
  databaseAuthority: string;
}

export interface Launch {
  argv: [string, ...string[]];
  cwd: string;
  env: Record<string, string>;
}

const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The command, directory and environment of a container's process. The image's files replace a file system of its own. */
export function launchOf(request: LaunchRequest): Launch {
  const { settings, override, image } = request;
  const entryPoint = settings.entryPoint ?? image.entryPoint;
  // As Docker: an entry point in the definition discards the image's command.
  const command = override?.command ?? settings.command ?? (settings.entryPoint ? [] : image.command);
  const [word, ...rest] = [...entryPoint, ...command];
  if (word === undefined || word === "")
    throw new StartFailure("CannotStartContainerError", "no command specified by the task definition or the image");
  const env = environment(request);
  const cwd = inTree(image.root, settings.workingDirectory ?? image.workingDirectory);
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory())
    throw new StartFailure(
      "CannotStartContainerError",
      `working directory ${settings.workingDirectory} not found in the image`,
    );
  const argv = rest.map((argument) => fromTree(image.root, argument));
  return {
    argv: [executable(word, { root: image.root, cwd, path: env.PATH ?? "", node: request.node }), ...argv],
    cwd,
    env,
  };
}

function environment(request: LaunchRequest): Record<string, string> {
  const { settings, override, image, secrets, platform, ports, scratch } = request;
  const ofImage = Object.fromEntries(
    image.env.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  const { PATH: imagePath = systemPath, ...merged }: Record<string, string> = {
    HOME: scratch,
    TMPDIR: scratch,
    // differs from AWS: a task shares this machine's network, so servers that read HOST listen on loopback only.
    HOST: taskAddress,
    ...ofImage,
    ...variables(settings.environment),
    ...variables(override?.environment ?? []),
    ...secrets,
    ...platform,
  };
  const own = imagePath.split(":").map((directory) => inTree(image.root, directory));
  // First Node.js, then the image's own programs, then this machine's.
  return {
    ...mapValues(merged, (value) => fileInTree(request, value)),
    ...portVariable(merged.PORT, ports),
    PATH: [path.dirname(request.node), ...own, systemPath].join(":"),
  };
}

/**
 * differs from AWS: tasks share one address, so a container gets a host port other than its container port. PORT holds the host port,
 * unless the definition sets PORT to something that is not a container port.
 */
function portVariable(configured: string | undefined, ports: Readonly<Record<string, number>>): { PORT?: string } {
  const port = configured === undefined ? Object.values(ports)[0] : ports[configured];
  return port === undefined ? {} : { PORT: String(port) };
}

const variables = (list: readonly { name: string; value: string }[]) =>
  Object.fromEntries(list.map(({ name, value }) => [name, value]));

const mapValues = (variables: Readonly<Record<string, string>>, change: (value: string) => string) =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, change(value)]));

/** A variable that names a file of the image, such as PGSSLROOTCERT. */
function fileInTree({ image, scratch, databaseAuthority }: LaunchRequest, value: string): string {
  const file = inTree(image.root, value);
  if (!value.startsWith("/") || !statSync(file, { throwIfNoEntry: false })?.isFile()) return value;
  if (path.basename(file) !== "global-bundle.pem" || !existsSync(databaseAuthority)) return file;
  // differs from AWS: DB instances have certificates of the local authority, which the image's copy of the RDS bundle cannot contain.
  const extended = path.join(scratch, path.basename(file));
  copyFileSync(file, extended);
  chmodSync(extended, 0o600);
  appendFileSync(extended, readFileSync(databaseAuthority));
  return extended;
}

interface Lookup {
  readonly root: string;
  readonly cwd: string;
  readonly path: string;
  readonly node: string;
}

function executable(word: string, { root, cwd, path: search, node }: Lookup): string {
  if (word === "node") return node;
  const candidates = word.startsWith("/")
    ? [inTree(root, word), word]
    : word.includes("/")
      ? [path.resolve(cwd, word)]
      : search.split(":").map((directory) => path.join(directory, word));
  const program = candidates.find(isExecutable);
  if (program !== undefined) return path.basename(program) === "node" ? node : program;
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

/** An absolute path refers to the image's file if there is one. */
function fromTree(root: string, argument: string): string {
  const inside = inTree(root, argument);
  return argument.startsWith("/") && lstatSync(inside, { throwIfNoEntry: false }) ? inside : argument;
}

/** The path on this machine of a path in the container; it cannot leave the image. */
const inTree = (root: string, name: string) => path.join(root, path.posix.resolve("/", name));
