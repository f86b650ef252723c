import type { FuncCall, Node, RangeVar } from "libpg-query";

/** As SQL would write it, `public` left out: the same text for the same thing. */
export function qualified(parts: readonly string[]): string {
  return (parts[0] === "public" && parts.length > 1 ? parts.slice(1) : parts).map(quoted).join(".");
}

export function nameOf({ schemaname, relname = "" }: RangeVar = {}): string {
  return qualified(schemaname ? [schemaname, relname] : [relname]);
}

/** The name in a list of words, as types, functions and dropped things have it. */
export function words(nodes: readonly Node[] = []): string[] {
  return nodes.flatMap((node) => ("String" in node ? [node.String.sval ?? ""] : []));
}

/** The name of a thing that a DROP or RENAME names. */
export function objectName(node: Node | undefined): string {
  return qualified(node ? wordsOf(node) : []);
}

/** The words of a thing that a DROP or RENAME names. */
export function wordsOf(node: Node): string[] {
  if ("List" in node) return (node.List.items ?? []).flatMap(wordsOf);
  if ("TypeName" in node) return words(node.TypeName.names);
  if ("ObjectWithArgs" in node) return words(node.ObjectWithArgs.objname);
  return words([node]);
}

function quoted(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** The last word of a called function's name: the same in every schema. */
export function nameOfFunction({ funcname }: FuncCall): string {
  return words(funcname).at(-1) ?? "";
}
