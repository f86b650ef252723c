import { type Node, parsePlPgSQLSync, parseSync } from "libpg-query";
import * as z from "zod";

/** A statement inside a body, or why one cannot be read. Lines count from the first of the body. */
export type BodyStatement =
  | { readonly line: number; readonly node: Node; readonly text?: string }
  | { readonly line: number; readonly unreadable: string };

/** The statements and expressions that a CREATE FUNCTION … LANGUAGE plpgsql runs when it is called. Throws the syntax error of PostgreSQL. */
export function readPlPgSql(createFunction: string): BodyStatement[] {
  return readNode(parsePlPgSQLSync(createFunction), 1);
}

/** The statements of a string, all at one line. */
export function parseText(text: string, line: number): BodyStatement[] {
  try {
    const bytes = Buffer.from(text);
    return (parseSync(text).stmts ?? []).flatMap(({ stmt, stmt_location: start = 0, stmt_len: length }) => {
      const written = bytes.subarray(start, length ? start + length : undefined).toString("utf8");
      return stmt ? [{ node: stmt, line, text: written }] : [];
    });
  } catch (error) {
    return [{ line, unreadable: `${abbreviate(text)} (${error instanceof Error ? error.message : String(error)})` }];
  }
}

/** How PL/pgSQL parses a string, as in PostgreSQL's RawParseMode: a statement, an expression, or from 3 on an assignment. */
const statementMode = 0;
const expressionMode = 2;
const expression = z.object({ query: z.string(), parseMode: z.number().default(statementMode) });
/** EXECUTE and FOR … IN EXECUTE; `dynquery` is that of RETURN QUERY EXECUTE and OPEN … FOR EXECUTE. */
const runText = new Set(["PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors"]);

function readNode(node: unknown, line: number): BodyStatement[] {
  if (Array.isArray(node)) return node.flatMap((item) => readNode(item, line));
  if (typeof node !== "object" || node === null) return [];
  const here = "lineno" in node && typeof node.lineno === "number" ? node.lineno : line;
  return Object.entries(node).flatMap(([key, value]) => {
    if (key === "PLpgSQL_expr") return readExpression(expression.parse(value), here);
    if (key === "dynquery") return readText(value, here);
    if (!runText.has(key)) return readNode(value, here);
    const { query, ...rest }: { query?: unknown; lineno?: number } = Object(value);
    return [...readText(query, rest.lineno ?? here), ...readNode(rest, here)];
  });
}

function readExpression({ query, parseMode }: z.infer<typeof expression>, line: number): BodyStatement[] {
  if (parseMode === statementMode) return parseText(query, line);
  return parseText(`SELECT ${parseMode === expressionMode ? query : query.replace(/^.*?:?=/s, "")}`, line);
}

/** SQL in a string: it can be read only when it is a constant. */
function readText(node: unknown, line: number): BodyStatement[] {
  const { query } = z.object({ PLpgSQL_expr: expression }).parse(node).PLpgSQL_expr;
  const statements = parseText(`SELECT ${query}`, line);
  const text = statements.map((statement) => ("node" in statement ? constantOf(statement.node) : undefined))[0];
  if (text !== undefined) return parseText(text, line);
  return [{ line, unreadable: `EXECUTE ${abbreviate(query)}` }, ...statements];
}

function constantOf(node: Node): string | undefined {
  if (!("SelectStmt" in node)) return undefined;
  const [target, ...more] = node.SelectStmt.targetList ?? [];
  const value = target && "ResTarget" in target ? target.ResTarget.val : undefined;
  return more.length === 0 && value && "A_Const" in value ? value.A_Const.sval?.sval : undefined;
}

function abbreviate(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
