import type { FuncCall, Node, RangeVar, TypeName } from "libpg-query";

/** The name as in SQL, without the schema `public`, so that the same object always has the same name. */
export function qualified(parts: readonly string[]): string {
  return (parts[0] === "public" && parts.length > 1 ? parts.slice(1) : parts).map(quoted).join(".");
}

export function nameOf({ schemaname, relname = "" }: RangeVar = {}): string {
  return qualified(schemaname ? [schemaname, relname] : [relname]);
}

/** The name from a list of words, as the grammar has it for types, functions and dropped objects. */
export function words(nodes: readonly Node[] = []): string[] {
  return nodes.flatMap((node) => ("String" in node ? [node.String.sval ?? ""] : []));
}

/** The name of the object of a DROP or RENAME. */
export function objectName(node: Node | undefined): string {
  return qualified(node ? wordsOf(node) : []);
}

/** The words of the name of the object of a DROP or RENAME. */
export function wordsOf(node: Node): string[] {
  if ("List" in node) return (node.List.items ?? []).flatMap(wordsOf);
  if ("TypeName" in node) return words(node.TypeName.names);
  if ("ObjectWithArgs" in node) return words(node.ObjectWithArgs.objname);
  return words([node]);
}

/** A function with its arguments; overloads have the same name. */
export function signatureOf(name: string, types: readonly TypeName[]): string {
  const spelled = types.map(({ names, arrayBounds = [] }) => {
    const parts = words(names);
    return qualified(parts[0] === "pg_catalog" ? parts.slice(1) : parts) + "[]".repeat(arrayBounds.length);
  });
  return `${name}(${spelled.join(", ")})`;
}

function quoted(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** The name of a called function, without its schema. */
export function nameOfFunction({ funcname }: FuncCall): string {
  return words(funcname).at(-1) ?? "";
}
