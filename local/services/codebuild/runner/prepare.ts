import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { nodeMajors, nodeVersion, provideNode } from "#local/kernel/index.ts";
import { BuildspecInvalid, parseBuildspec, type Buildspec } from "../buildspec.ts";
import type { Job } from "../progress.ts";
import type { Report } from "./report.ts";
import { readSecrets } from "./secrets.ts";
import { downloadSource } from "./source.ts";

export interface Prepared {
  buildspec: Buildspec;
  sourceDirectory: string;
  /** The whole environment of the commands. */
  env: Record<string, string>;
  /** Variables with values from Secrets Manager, which are not exported. */
  secretNames: ReadonlySet<string>;
}

/** DOWNLOAD_SOURCE: the sources, the buildspec, the variables. */
export async function prepare(job: Job, report: Report, token: string): Promise<Prepared> {
  const sourceDirectory = path.join(mkdtempSync(path.join(job.workspace, "src-")), job.repositoryName);
  const commit = await downloadSource(job, token, sourceDirectory);
  report.source(commit);
  report.note(`CODEBUILD_SRC_DIR=${sourceDirectory}`);
  const secondary = copySecondarySources(job);
  const buildspec = readBuildspec(job.buildspec, sourceDirectory);
  noteContent(job, buildspec, report);
  const node = await findNode(job, buildspec, report);
  const { variables, secretNames } = await readVariables(job, buildspec, report);
  const home = createHome(job);
  const env = {
    ...inherited(),
    HOME: home,
    PATH: [path.dirname(node), process.env.PATH].join(":"),
    ...variables,
    CODEBUILD_RESOLVED_SOURCE_VERSION: commit,
    CODEBUILD_SRC_DIR: sourceDirectory,
    CODEBUILD_BUILD_SUCCEEDING: "1",
    ...secondary,
  };
  return { buildspec, sourceDirectory, env, secretNames };
}

/** The home folder differs from build to build, but pnpm keeps what is installed only with the same store. Copies: a build may change files in place. */
function createHome({ workspace, pnpmStore }: Job): string {
  const home = path.join(workspace, "home");
  const settings = path.join(home, ".config", "pnpm");
  mkdirSync(settings, { recursive: true });
  writeFileSync(path.join(settings, "rc"), `store-dir=${pnpmStore}\npackage-import-method=clone-or-copy\n`);
  // Of pnpm 11 and later: https://pnpm.io/configuring
  const ofPnpm11 = { storeDir: pnpmStore, packageImportMethod: "clone-or-copy" };
  writeFileSync(path.join(settings, "config.yaml"), JSON.stringify(ofPnpm11));
  return home;
}

function copySecondarySources({ workspace, secondarySources }: Job): Record<string, string> {
  return Object.fromEntries(
    secondarySources.map(({ identifier, directory }) => {
      const target = path.join(workspace, `src_${identifier}`);
      cpSync(directory, target, { recursive: true });
      return [`CODEBUILD_SRC_DIR_${identifier}`, target];
    }),
  );
}

/** as AWS: text that does not look like YAML is a path in the source. */
export function readBuildspec(textOrPath: string, sourceDirectory: string): Buildspec {
  if (isInline(textOrPath)) return parseBuildspec(textOrPath);
  const file = path.resolve(sourceDirectory, textOrPath);
  const isInside = file.startsWith(sourceDirectory + path.sep);
  if (!isInside || !existsSync(file)) throw new BuildspecInvalid(`stat ${file}: no such file or directory`);
  return parseBuildspec(readFileSync(file, "utf8"));
}

const isInline = (text: string) => text.includes("\n") || /^\s*\{/.test(text) || /^version\s*:/.test(text);

function noteContent({ cacheDirectory }: Job, buildspec: Buildspec, report: Report): void {
  report.note(`Phases found in YAML: ${Object.keys(buildspec.phases).length}`);
  for (const [name, phase] of Object.entries(buildspec.phases))
    report.note(` ${name.toUpperCase()}: ${phase?.commands.length ?? 0} commands`);
  if (buildspec.artifacts !== undefined) report.note("artifacts ignored: the project has none");
  if (buildspec.cache !== undefined && cacheDirectory === undefined) report.note("cache ignored: the project has none");
}

/** `22`, `22.x` or `latest`: https://docs.aws.amazon.com/codebuild/latest/userguide/runtime-versions.html */
async function findNode({ nodejs }: Job, { phases }: Buildspec, report: Report): Promise<string> {
  const requested = phases.install?.["runtime-versions"]?.nodejs ?? nodejs;
  if (requested === undefined) return process.execPath;
  const major = requested === "latest" ? (nodeMajors.at(-1) ?? "") : requested.replace(/\.x$/, "");
  const version = nodeVersion(major);
  if (version === undefined)
    throw new BuildspecInvalid(
      `unknown runtime version nodejs=${requested}. The local cloud has nodejs ${nodeMajors.join(", ")}`,
    );
  const onDownload = () => report.note(`Downloading Node.js ${version}, once for all apps`);
  const program = await provideNode(major, { onDownload });
  report.note(`Selecting 'nodejs' runtime version '${requested}': Node.js ${version}`);
  return program;
}

/** Variables of the call override those of the project, which override those of the buildspec. */
async function readVariables(job: Job, { env }: Buildspec, report: Report) {
  const ranked = [
    ...Object.entries(env.variables).map(([name, value]) => ({ name, value, type: "PLAINTEXT" as const })),
    ...Object.entries(env["secrets-manager"]).map(([name, value]) => ({
      name,
      value,
      type: "SECRETS_MANAGER" as const,
    })),
    ...job.variables,
  ];
  const effective = new Map(ranked.map((variable) => [variable.name, variable]));
  const secrets = [...effective.values()].filter(({ type }) => type === "SECRETS_MANAGER");
  const values = await readSecrets(Object.fromEntries(secrets.map(({ name, value }) => [name, value])));
  report.hide(Object.values(values));
  const plain = [...effective.values()].filter(({ type }) => type === "PLAINTEXT");
  const variables = { ...Object.fromEntries(plain.map(({ name, value }) => [name, value])), ...values };
  return { variables, secretNames: new Set(Object.keys(values)) };
}

const inherited = (): Record<string, string> =>
  Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
