import type { CreateFunctionStmt, DefElem, Node } from "libpg-query";
import { nameOfFunction, words } from "./names.ts";
import { type BodyStatement, parseText, readPlPgSql } from "./plpgsql.ts";
import { linesIn, type Statement } from "./statements.ts";

/** What migrations have defined so far that later statements can run. */
export interface Definitions {
  /** Statements of a function's or procedure's body; undefined when the language is not supported. */
  readonly functions: Map<string, readonly BodyStatement[]>;
  readonly prepared: Map<string, Node>;
}

export const noDefinitions = (): Definitions => ({ functions: new Map(), prepared: new Map() });

/** A statement that is executed, by itself or through a call. */
export type Executed = BodyStatement & {
  /** The call through which it is executed, e.g. `calls cleanup(): `. */
  readonly via: string;
};

/** Everything that a statement executes: itself, data-modifying WITH queries, DO bodies, functions that migrations created, prepared statements. */
export function executedBy(statement: Statement, definitions: Definitions): Executed[] {
  define(statement, definitions);
  const { node, line, text } = statement;
  if (!("DoStmt" in node)) return reach({ node, line, via: "" }, definitions, new Set());
  const { body } = readOptions(node.DoStmt.args);
  const firstLine = line + linesIn(text.slice(0, Math.max(0, text.indexOf(body))));
  return bodyOfDo(node.DoStmt.args).flatMap((inner) =>
    reach({ ...inner, line: firstLine + inner.line - 1, via: "" }, definitions, new Set()),
  );
}

/** `entered`: functions already being followed, because they may call each other. Findings in a called function are at the line of the call. */
function reach(executed: Executed, definitions: Definitions, entered: ReadonlySet<string>): Executed[] {
  if ("unreadable" in executed) return [executed];
  const { node, line, via, text } = executed;
  if (text !== undefined) define({ node, text }, definitions);
  const inner = (body: readonly BodyStatement[], through = "", within = entered) =>
    body.flatMap((statement) => reach({ ...statement, line, via: via + through }, definitions, within));
  if ("DoStmt" in node) return inner(bodyOfDo(node.DoStmt.args));
  const called = callsIn(node).flatMap((name) => {
    const body = definitions.functions.get(name);
    return body && !entered.has(name) ? inner(body, `calls ${name}(): `, new Set([...entered, name])) : [];
  });
  const prepared = preparedIn(node).flatMap((name) => definitions.prepared.get(name) ?? []);
  return [
    executed,
    ...nestedIn(node).map((statement) => ({ node: statement, line, via })),
    ...inner(
      prepared.map((query) => ({ node: query, line })),
      "executes a prepared statement: ",
    ),
    ...called,
    ...runsText(node).map((name) => ({ line, via, unreadable: `${name}(…), which runs a string as SQL` })),
  ];
}

function define({ node, text }: Pick<Statement, "node" | "text">, { functions, prepared }: Definitions): void {
  if ("PrepareStmt" in node && node.PrepareStmt.query)
    prepared.set(node.PrepareStmt.name ?? "", node.PrepareStmt.query);
  if ("CreateFunctionStmt" in node) {
    const name = words(node.CreateFunctionStmt.funcname).at(-1) ?? "";
    // The call may be to an overload of the same name.
    functions.set(name, [...(functions.get(name) ?? []), ...bodyOfFunction(node.CreateFunctionStmt, text)]);
  }
}

function bodyOfDo(options: readonly Node[] = []): BodyStatement[] {
  const { language, body } = readOptions(options);
  if (language !== "plpgsql") return [{ line: 1, unreadable: `DO in the language ${language}` }];
  const tag = tagFor(body);
  return readBody(`CREATE FUNCTION pg_temp.do() RETURNS void LANGUAGE plpgsql AS ${tag}${body}${tag}`, "DO");
}

function bodyOfFunction({ options, sql_body: sqlBody, funcname }: CreateFunctionStmt, text: string): BodyStatement[] {
  const { language, body } = readOptions(options);
  if (sqlBody) return nodesIn(sqlBody).map((node) => ({ node, line: 1 }));
  if (language === "sql") return parseText(body, 1);
  const name = words(funcname).at(-1) ?? "";
  return language === "plpgsql"
    ? readBody(text, `${name}()`)
    : [{ line: 1, unreadable: `${name}() in the language ${language}` }];
}

function readBody(createFunction: string, name: string): BodyStatement[] {
  try {
    return readPlPgSql(createFunction);
  } catch (error) {
    return [
      {
        line: 1,
        unreadable: `${name}, whose body is not read (${error instanceof Error ? error.message : String(error)})`,
      },
    ];
  }
}

function readOptions(options: readonly Node[] = []): { language: string; body: string } {
  const elements = options.flatMap((node) => ("DefElem" in node ? [node.DefElem] : []));
  const valueOf = (name: string) => textOf(elements.find(({ defname }) => defname === name)?.arg);
  return { language: (valueOf("language") ?? "plpgsql").toLowerCase(), body: valueOf("as") ?? "" };
}

function textOf(arg: DefElem["arg"]): string | undefined {
  if (!arg) return undefined;
  if ("String" in arg) return arg.String.sval;
  return "List" in arg ? textOf(arg.List.items?.[0]) : undefined;
}

/** A dollar quote that the body does not contain. */
function tagFor(body: string): string {
  let tag = "$body$";
  while (body.includes(tag)) tag = `$${tag.slice(1, -1)}_$`;
  return tag;
}

/** Statements that run with another one: WITH queries that change data, and what EXPLAIN ANALYZE runs. */
function nestedIn(node: Node): Node[] {
  const nodes: Node[] = [];
  visit(node, (name, inner) => {
    // In the grammar these names occur only as node types, so the value is a node of that type.
    if (changesData.has(name)) nodes.push({ [name]: inner } as unknown as Node);
  });
  const [own] = Object.keys(node);
  return own && changesData.has(own) ? nodes.slice(1) : nodes;
}

const changesData = new Set(["InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "TruncateStmt"]);

/** Names of the functions that a statement calls. Every later write calls that of a trigger. */
function callsIn(node: Node): string[] {
  const names = new Set<string>("CreateTrigStmt" in node ? words(node.CreateTrigStmt.funcname).slice(-1) : []);
  visit(node, (name, inner) => {
    if (name === "FuncCall" || name === "funccall") names.add(nameOfFunction(Object(inner)));
  });
  return [...names];
}

/** Names of the prepared statements that a statement executes. */
function preparedIn(node: Node): string[] {
  const names: string[] = [];
  visit(node, (name, inner) => {
    if (name !== "ExecuteStmt") return;
    const { name: prepared = "" }: { name?: string } = Object(inner);
    names.push(prepared);
  });
  return names;
}

const textRunners = /^(dblink(_exec|_send_query|_open)?|query_to_xml(_and_xmlschema|schema)?|crosstab|cursor_to_xml)$/;
const runsText = (node: Node) => callsIn(node).filter((name) => textRunners.test(name));

/** Definitions are not executions: they are visited when a statement runs them. */
const definitionsOnly = new Set(["CreateFunctionStmt", "PrepareStmt", "RuleStmt", "CreateTrigStmt"]);

function visit(node: unknown, see: (name: string, inner: unknown) => void): void {
  if (Array.isArray(node)) for (const item of node) visit(item, see);
  if (Array.isArray(node) || typeof node !== "object" || node === null) return;
  for (const [name, inner] of Object.entries(node)) {
    if (definitionsOnly.has(name) || (name === "ExplainStmt" && !runsQuery(Object(inner)))) continue;
    see(name, inner);
    visit(inner, see);
  }
}

function runsQuery({ options = [] }: { options?: readonly Node[] }): boolean {
  return options.some(
    (node) =>
      "DefElem" in node &&
      node.DefElem.defname === "analyze" &&
      !["false", "off", "0"].includes(textOf(node.DefElem.arg) ?? "true"),
  );
}

/** The statements of a BEGIN ATOMIC body, which the grammar nests in lists. */
function nodesIn(node: Node): Node[] {
  return "List" in node ? (node.List.items ?? []).flatMap(nodesIn) : [node];
}
