import path from "node:path";
import { Visitor, type ArrayExpression, type Expression, type ObjectExpression } from "oxc-parser";
import type { Manifest } from "./manifest.ts";
import { inFolder, type Repository } from "./repository.ts";
import { resolveCommandLine } from "./scripts.ts";
import { keyOf, parseSource, type Syntax, textOf, unwrap } from "./source/syntax.ts";

/** The app as pm2 runs it today: https://pm2.keymetrics.io/docs/usage/application-declaration/ */
export interface Pm2App {
  /** Undefined if it is computed. */
  readonly start: readonly string[] | undefined;
  /** Of `script`. */
  readonly evidence: string;
  /** Of `env`, and of `env_production` over it; without a value if it is computed. */
  readonly variables: readonly {
    readonly name: string;
    readonly value: string | undefined;
    readonly evidence: string;
  }[];
}

const files = [
  "ecosystem.config.js",
  "ecosystem.config.cjs",
  "ecosystem.config.json",
  "ecosystem.json",
  "pm2.config.js",
  "pm2.config.cjs",
];

/** Of several apps the first that has a script; the file is parsed, not run. */
export function readPm2(repository: Repository, root: string, manifest: Manifest): Pm2App | undefined {
  const file = files.map((name) => inFolder(root, name)).find((name) => repository.has(name));
  const text = file === undefined ? undefined : repository.read(file);
  if (file === undefined || text === undefined) return undefined;
  const syntax = file.endsWith(".json") ? parseSource("pm2.js", `(${text})`) : parseSource(file, text);
  const app = syntax && appsIn(syntax).find((fields) => fields.has("script"));
  const script = app?.get("script");
  if (syntax === undefined || app === undefined || script === undefined) return undefined;
  const at = (node: Expression) => `${file}:${syntax.lineAt(node.start)}`;
  const variables = ["env", "env_production"].flatMap((name) =>
    [...fieldsOf(app.get(name))].map(
      ([variable, node]) => [variable, { name: variable, value: valueOf(node), evidence: at(node) }] as const,
    ),
  );
  return { start: startOf(app, manifest), evidence: at(script), variables: [...new Map(variables).values()] };
}

type Fields = ReadonlyMap<string, Expression>;

function appsIn({ program }: Syntax): Fields[] {
  const lists: (ArrayExpression | ObjectExpression)[] = [];
  new Visitor({
    Property({ key, value }) {
      if (keyOf(key) === "apps" && (value.type === "ArrayExpression" || value.type === "ObjectExpression"))
        lists.push(value);
    },
  }).visit(program);
  const items = lists.flatMap((list) => (list.type === "ArrayExpression" ? list.elements : [list]));
  return items.flatMap((item) => (item === null || item.type === "SpreadElement" ? [] : [fieldsOf(item)]));
}

function fieldsOf(node: Expression | undefined): Fields {
  if (node?.type !== "ObjectExpression") return new Map();
  return new Map(
    node.properties.flatMap((property) => {
      const key = property.type === "Property" ? keyOf(property.key) : undefined;
      return property.type === "Property" && key !== undefined ? [[key, unwrap(property.value)] as const] : [];
    }),
  );
}

function valueOf(node: Expression): string | undefined {
  return node.type === "Literal" && node.value !== null && typeof node.value !== "object"
    ? String(node.value)
    : textOf(node);
}

/** A text is separated by spaces, as pm2 does it. */
function wordsOf(node: Expression | undefined): (string | undefined)[] {
  if (node === undefined) return [];
  if (node.type === "ArrayExpression")
    return node.elements.map((item) => (item === null || item.type === "SpreadElement" ? undefined : valueOf(item)));
  return (
    valueOf(node)
      ?.split(/\s+/)
      .filter((word) => word !== "") ?? [undefined]
  );
}

/** Words that are all known, of what pm2 itself would start. */
function startOf(app: Fields, manifest: Manifest): readonly string[] | undefined {
  const text = (name: string) => {
    const node = app.get(name);
    return node && valueOf(node);
  };
  const script = text("script");
  const args = wordsOf(app.get("args"));
  const nodeArgs = wordsOf(app.get("node_args") ?? app.get("interpreter_args"));
  const words = [...nodeArgs, ...args].filter((word) => word !== undefined);
  if (script === undefined || words.length < nodeArgs.length + args.length) return undefined;
  const interpreter =
    text("exec_interpreter") ?? text("interpreter") ?? (/\.[cm]?[jt]s$|\//.test(script) ? "node" : "none");
  const own = words.slice(nodeArgs.length);
  if (interpreter === "none" || script === "npm") return resolveCommandLine(manifest, [script, ...own].join(" "))?.argv;
  // A folder on the server says nothing about the repository.
  const cwd = text("cwd") ?? ".";
  const file = path.posix.normalize(path.posix.isAbsolute(cwd) ? script : path.posix.join(cwd, script));
  return [interpreter.endsWith("/node") ? "node" : interpreter, ...words.slice(0, nodeArgs.length), file, ...own];
}
