import type { A_Expr, DeleteStmt, MergeStmt, Node, UpdateStmt } from "libpg-query";
import { nameOf } from "./names.ts";
import type { Hit } from "./rules.ts";

export function deleteRows({ relation, whereClause }: DeleteStmt): Hit[] {
  if (limits(whereClause)) return [];
  const table = nameOf(relation);
  return [{ rule: "delete-all", what: `deletes all rows of ${table}`, relation: table }];
}

export function updateRows({ relation, whereClause }: UpdateStmt): Hit[] {
  if (limits(whereClause)) return [];
  const table = nameOf(relation);
  return [{ rule: "update-all", what: `changes all rows of ${table}`, relation: table }];
}

/** The rows that a MERGE changes depend on another table: nothing in the statement limits them. */
export function mergeRows({ relation, mergeWhenClauses = [] }: MergeStmt): Hit[] {
  const table = nameOf(relation);
  const clauses = mergeWhenClauses.flatMap((node) => ("MergeWhenClause" in node ? [node.MergeWhenClause] : []));
  if (!clauses.some(({ commandType }) => commandType === "CMD_DELETE")) return [];
  return [{ rule: "delete-all", what: `deletes by MERGE any rows of ${table}`, relation: table }];
}

/** Whether a WHERE can exclude a row: `true`, `1 = 1` and `id = id OR …` cannot. */
function limits(where: Node | undefined): boolean {
  if (where === undefined || isConstant(where)) return false;
  if ("BoolExpr" in where) {
    const { boolop, args = [] } = where.BoolExpr;
    if (boolop === "OR_EXPR") return args.every(limits);
    if (boolop === "AND_EXPR") return args.some(limits);
  }
  return !("A_Expr" in where && comparesWithItself(where.A_Expr));
}

/** Independent of the row: the statement affects all rows or none. */
function isConstant(expression: unknown): boolean {
  if (Array.isArray(expression)) return expression.every(isConstant);
  if (typeof expression !== "object" || expression === null) return true;
  return Object.entries(expression).every(([key, value]) => !variable.has(key) && isConstant(value));
}
const variable = new Set(["ColumnRef", "ParamRef", "CurrentOfExpr"]);

function comparesWithItself({ name = [], lexpr, rexpr }: A_Expr): boolean {
  const [operator] = name;
  const isEquality = operator && "String" in operator && ["=", "<=", ">="].includes(operator.String.sval ?? "");
  return Boolean(isEquality) && lexpr !== undefined && withoutPlace(lexpr) === withoutPlace(rexpr);
}

const withoutPlace = (node: Node | undefined) =>
  JSON.stringify(node, (key, value: unknown) => (key === "location" ? undefined : value));
