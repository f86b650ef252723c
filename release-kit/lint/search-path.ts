import type { Node } from "libpg-query";

/** After a statement that sets the search path: whether names without a schema are still those of `public`. Undefined for any other statement. */
export function setsSearchPath(node: Node): boolean | undefined {
  if (!("VariableSetStmt" in node)) return undefined;
  const { kind, name, args = [] } = node.VariableSetStmt;
  if (kind === "VAR_RESET_ALL") return true;
  if (name !== "search_path") return undefined;
  const [first] = args.map((arg) => ("A_Const" in arg ? (arg.A_Const.sval?.sval ?? "") : ""));
  return kind !== "VAR_SET_VALUE" || first === undefined || ["", "public", "$user"].includes(first);
}
