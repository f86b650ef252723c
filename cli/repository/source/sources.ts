import { inFolder, type Repository } from "../repository.ts";
import { type Listen, listens } from "./listens.ts";
import { type Routes, routesIn } from "./routes.ts";
import { schemaReads } from "./schema-reads.ts";
import { parseSource } from "./syntax.ts";
import { type VariableRead, variableReads } from "./variable-reads.ts";

export interface Source extends Routes {
  readonly file: string;
  readonly variables: readonly VariableRead[];
  readonly listens: readonly Listen[];
}

const code = /\.([cm]?[jt]s|[jt]sx)$/;
const declarations = /\.d\.[cm]?ts$/;
/** Not part of the running app. */
const tests =
  /(^|\/)(\.[^/]+|tests?|__tests__|__mocks__|e2e|cypress|playwright|fixtures|examples?|docs|storybook)\/|\.(test|spec|stories|bench)\.\w+$/;
/** Run by tools, in a build or by hand. */
const tools = /(^|\/)(scripts?|bin|tools|benchmarks?)\/|(^|\/)[\w.-]+\.(config|setup)\.\w+$|(^|\/)(gulp|grunt)file\./i;

export const isTest = (file: string) => code.test(file) && tests.test(file);

/** What the app's source code shows; `folders` are the app's and those of packages that it imports. */
export function readSources(repository: Repository, folders: readonly string[]): Source[] {
  return repository.files
    .filter((file) => folders.some((folder) => folder === "." || file.startsWith(inFolder(folder, "/"))))
    .filter((file) => code.test(file) && !declarations.test(file) && !tests.test(file))
    .flatMap((file) => readSource(repository, file) ?? []);
}

function readSource(repository: Repository, file: string): Source | undefined {
  const text = repository.read(file);
  const syntax = text === undefined ? undefined : parseSource(file, text);
  if (syntax === undefined) return undefined;
  const reads = [...variableReads(syntax), ...schemaReads(syntax)];
  const variables = tools.test(file) ? reads.map((read) => ({ ...read, need: "optional" as const })) : reads;
  return { file, variables, listens: listens(syntax), ...routesIn(syntax) };
}
