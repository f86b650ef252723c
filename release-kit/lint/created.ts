import type { Node } from "libpg-query";
import { nameOf, qualified, words } from "./names.ts";

/** The object that a statement creates. The serving release does not use it, so changing it later is harmless. With IF NOT EXISTS or OR REPLACE it may already exist. */
export function createdBy(node: Node): string | undefined {
  if ("CreateStmt" in node) return node.CreateStmt.if_not_exists ? undefined : nameOf(node.CreateStmt.relation);
  if ("CreateTableAsStmt" in node)
    return node.CreateTableAsStmt.if_not_exists ? undefined : nameOf(node.CreateTableAsStmt.into?.rel);
  if ("SelectStmt" in node) return node.SelectStmt.intoClause && nameOf(node.SelectStmt.intoClause.rel);
  if ("ViewStmt" in node) return node.ViewStmt.replace ? undefined : nameOf(node.ViewStmt.view);
  if ("IndexStmt" in node)
    return node.IndexStmt.idxname && indexName(node.IndexStmt.relation?.schemaname, node.IndexStmt.idxname);
  if ("CreateSeqStmt" in node) return nameOf(node.CreateSeqStmt.sequence);
  if ("CreateSchemaStmt" in node) return node.CreateSchemaStmt.schemaname;
  if ("CreateEnumStmt" in node) return qualified(words(node.CreateEnumStmt.typeName));
  if ("CompositeTypeStmt" in node) return nameOf(node.CompositeTypeStmt.typevar);
  if ("CreateDomainStmt" in node) return qualified(words(node.CreateDomainStmt.domainname));
  if ("CreateFunctionStmt" in node)
    return node.CreateFunctionStmt.replace ? undefined : qualified(words(node.CreateFunctionStmt.funcname));
  if ("CreateExtensionStmt" in node) return node.CreateExtensionStmt.extname;
  return undefined;
}

const indexName = (schema: string | undefined, name: string) => qualified(schema ? [schema, name] : [name]);

/** [old name, new name] of a table or view that a statement renames. */
export function renamedBy(node: Node): readonly [string, string] | undefined {
  if (!("RenameStmt" in node)) return undefined;
  const { renameType, relation, newname = "" } = node.RenameStmt;
  if (!relation || (renameType !== "OBJECT_TABLE" && renameType !== "OBJECT_VIEW")) return undefined;
  return [nameOf(relation), nameOf({ ...relation, relname: newname })];
}
