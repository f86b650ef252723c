import type { CreateFunctionStmt, Node, RangeVar } from "libpg-query";
import { nameOf, qualified, signatureOf, words } from "./names.ts";

/** An object that a statement creates. The serving release does not use it, so changing it later is harmless. */
export interface Created {
  /** A function has two: one with its arguments. */
  readonly names: readonly string[];
  /** A schema, an extension or a function may have the same name as a table. */
  readonly isRelation: boolean;
}

/** Undefined with IF NOT EXISTS or OR REPLACE: the object may already exist. */
export function createdBy(node: Node): Created | undefined {
  if ("CreateStmt" in node) return node.CreateStmt.if_not_exists ? undefined : relation(node.CreateStmt.relation);
  if ("CreateTableAsStmt" in node)
    return node.CreateTableAsStmt.if_not_exists ? undefined : relation(node.CreateTableAsStmt.into?.rel);
  if ("SelectStmt" in node) return node.SelectStmt.intoClause && relation(node.SelectStmt.intoClause.rel);
  if ("ViewStmt" in node) return node.ViewStmt.replace ? undefined : relation(node.ViewStmt.view);
  if ("IndexStmt" in node) {
    const { idxname, relation: table, if_not_exists: mayExist = false } = node.IndexStmt;
    return idxname && !mayExist ? relation({ ...table, relname: idxname }) : undefined;
  }
  if ("CreateSeqStmt" in node)
    return node.CreateSeqStmt.if_not_exists ? undefined : relation(node.CreateSeqStmt.sequence);
  if ("CreateSchemaStmt" in node) {
    const { schemaname = "", if_not_exists: mayExist = false } = node.CreateSchemaStmt;
    return mayExist ? undefined : other(qualified([schemaname]));
  }
  if ("CreateEnumStmt" in node) return other(qualified(words(node.CreateEnumStmt.typeName)));
  if ("CompositeTypeStmt" in node) return relation(node.CompositeTypeStmt.typevar);
  if ("CreateDomainStmt" in node) return other(qualified(words(node.CreateDomainStmt.domainname)));
  if ("CreateFunctionStmt" in node) return createdFunction(node.CreateFunctionStmt);
  if ("CreateExtensionStmt" in node) {
    const { extname = "", if_not_exists: mayExist = false } = node.CreateExtensionStmt;
    return mayExist ? undefined : other(qualified([extname]));
  }
  return undefined;
}

/** A temporary one may hide a table of the same name. */
const relation = (range: RangeVar | undefined): Created | undefined =>
  range?.relpersistence === "t" ? undefined : { names: [nameOf(range)], isRelation: true };

const other = (...names: string[]): Created => ({ names, isRelation: false });

function createdFunction({ replace = false, funcname, parameters = [] }: CreateFunctionStmt): Created | undefined {
  const name = qualified(words(funcname));
  const types = parameters.flatMap((node) => {
    if (!("FunctionParameter" in node)) return [];
    const { argType, mode } = node.FunctionParameter;
    return argType && mode !== "FUNC_PARAM_OUT" && mode !== "FUNC_PARAM_TABLE" ? [argType] : [];
  });
  return replace ? undefined : other(name, signatureOf(name, types));
}

/** [old name, new name] of a table or view that a statement renames. */
export function renamedBy(node: Node): readonly [string, string] | undefined {
  if (!("RenameStmt" in node)) return undefined;
  const { renameType, relation, newname = "" } = node.RenameStmt;
  if (!relation || (renameType !== "OBJECT_TABLE" && renameType !== "OBJECT_VIEW")) return undefined;
  return [nameOf(relation), nameOf({ ...relation, relname: newname })];
}
