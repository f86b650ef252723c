import type { Manifest } from "./manifest.ts";

export interface ResolvedScript {
  /** What runs in the end, without a shell or the package manager. */
  readonly argv: readonly string[];
  /** Commands that the script runs before it. */
  readonly before: readonly (readonly string[])[];
}

const maxDepth = 5;

/** The command that a script of package.json runs; undefined without the script, or if it needs a shell that the image may lack. */
export function resolveScript(manifest: Manifest, name: string, depth = 0): ResolvedScript | undefined {
  const script = manifest.scripts[name];
  if (script === undefined || depth > maxDepth) return undefined;
  return resolveCommandLine(manifest, script, depth);
}

export function resolveCommandLine(manifest: Manifest, line: string, depth = 0): ResolvedScript | undefined {
  const commands = splitCommands(line);
  const last = commands?.at(-1);
  if (commands === undefined || last === undefined) return undefined;
  const argv = withoutWrappers(last);
  const before = commands.slice(0, -1).map(withoutWrappers);
  const script = scriptOf(argv, manifest);
  if (script === undefined) return { argv: fromPackages(argv), before };
  const inner = resolveScript(manifest, script.name, depth + 1);
  if (inner === undefined) return undefined;
  return { argv: [...inner.argv, ...script.args], before: [...before, ...inner.before] };
}

/** Commands separated by `&&` or `;`, as words; undefined if the line uses other features of a shell. */
export function splitCommands(line: string): string[][] | undefined {
  const commands: string[][] = [[]];
  for (const [, space, separator, double, single, bare] of line.matchAll(
    /(\s+)|(&&|;)|"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"';&]+|&)/g,
  )) {
    const word = double ?? single ?? bare;
    if (separator !== undefined) commands.push([]);
    if (space !== undefined || word === undefined) continue;
    if (single === undefined && /[$`|<>&]/.test(word)) return undefined;
    commands.at(-1)?.push(word);
  }
  return commands.filter((words) => words.length > 0);
}

const assignment = /^[A-Za-z_]\w*=/;

/** Without variables, and without programs that load them from a file: the release gets them from its environment. */
function withoutWrappers(words: readonly string[]): string[] {
  const rest = words.slice(words.findIndex((word) => !assignment.test(word)));
  const [program = "", ...args] = rest;
  if (["cross-env", "cross-env-shell", "env", "exec"].includes(program)) return withoutWrappers(args);
  if (["dotenv", "dotenvx", "env-cmd"].includes(program) && args.includes("--"))
    return withoutWrappers(args.slice(args.indexOf("--") + 1));
  if (["npx", "bunx"].includes(program))
    return withoutWrappers(args.filter((arg) => !/^(-y|--yes|--no-install)$/.test(arg)));
  if (["pnpm", "yarn", "npm"].includes(program) && args[0] === "exec")
    return withoutWrappers(args.slice(1).filter((arg) => arg !== "--"));
  if (program === "pm2-runtime" || (program === "pm2" && args[0] === "start")) {
    const file = args.find((arg) => /\.[cm]?js$/.test(arg) && !/(ecosystem|pm2)\.config\./.test(arg));
    return file === undefined ? rest : ["node", file];
  }
  return rest;
}

/** `npm run x -- --flag`, `pnpm x`, `yarn run x` */
function scriptOf([program = "", ...args]: readonly string[], { scripts }: Manifest) {
  if (!["npm", "pnpm", "yarn", "bun"].includes(program)) return undefined;
  const words = args.filter((arg) => !/^(-s|--silent|run|run-script|--)$/.test(arg));
  const [name = "", ...rest] = words;
  return Object.hasOwn(scripts, name) ? { name, args: rest } : undefined;
}

/** A program of a package is in `node_modules/.bin`; Node.js gets no file with variables, which the image does not have. */
function fromPackages([program = "", ...args]: readonly string[]): string[] {
  if (program === "node") return ["node", ...withoutFlag(args, "--env-file")];
  return /[/]|^(sh|bash)$/.test(program) ? [program, ...args] : [`node_modules/.bin/${program}`, ...args];
}

function withoutFlag(args: readonly string[], flag: string): string[] {
  return args.filter((arg, index) => arg !== flag && !arg.startsWith(`${flag}=`) && args[index - 1] !== flag);
}

/** Watches files, or compiles what the build would have compiled: not for production. */
export function isDevelopmentServer([program = "", ...args]: readonly string[]): boolean {
  const name = program.replace(/^node_modules\/\.bin\//, "");
  if (args.some((arg) => /^(--watch|--watch-path|--hot)/.test(arg))) return true;
  if (
    /^(nodemon|ts-node-dev|tsnd|vite|react-scripts|webpack|webpack-dev-server|concurrently|docker|docker-compose|wrangler|turbo|nx)$/.test(
      name,
    )
  )
    return true;
  return (
    /^(next|nuxt|nuxi|astro|remix|react-router|tsx|nest|bun)$/.test(name) &&
    ["dev", "develop", "watch"].includes(args[0] ?? "")
  );
}
