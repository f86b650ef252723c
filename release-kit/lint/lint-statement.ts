import type { DropStmt, IndexStmt, Node, ObjectType, ReindexStmt, RenameStmt, VacuumStmt } from "libpg-query";
import { alterTable } from "./lint-table.ts";
import { nameOf, objectName, qualified, words } from "./names.ts";
import type { RuleName } from "./rules.ts";

/** Something that a statement does. */
export interface Hit {
  readonly rule: RuleName;
  readonly what: string;
  /** The table, index or other thing that it is done to. */
  readonly relation?: string;
  /** A constraint that is dropped. */
  readonly constraint?: string;
}

/** What a statement does to those who use the database meanwhile. */
export function lintStatement(node: Node): Hit[] {
  if ("AlterTableStmt" in node) return alterTable(node.AlterTableStmt);
  if ("DropStmt" in node) return drop(node.DropStmt);
  if ("RenameStmt" in node) return rename(node.RenameStmt);
  if ("IndexStmt" in node) return createIndex(node.IndexStmt);
  if ("AlterObjectSchemaStmt" in node) {
    const { relation, object, newschema = "" } = node.AlterObjectSchemaStmt;
    const name = relation ? nameOf(relation) : objectName(object);
    return [{ rule: "rename-object", what: `moves ${name} to schema ${newschema}`, relation: name }];
  }
  if ("AlterEnumStmt" in node) {
    const { typeName, oldVal, newVal = "" } = node.AlterEnumStmt;
    const type = qualified(words(typeName));
    return oldVal === undefined
      ? [{ rule: "enum-value", what: `adds ${newVal} to type ${type}`, relation: type }]
      : [{ rule: "rename-object", what: `renames ${oldVal} of type ${type}`, relation: type }];
  }
  if ("DropOwnedStmt" in node) return [{ rule: "drop-table", what: "drops all that a role owns" }];
  if ("DropdbStmt" in node) return [{ rule: "drop-table", what: `drops database ${node.DropdbStmt.dbname}` }];
  return rowsAndLocks(node);
}

function rowsAndLocks(node: Node): Hit[] {
  if ("TruncateStmt" in node)
    return each(node.TruncateStmt.relations, (name) => ({ rule: "truncate", what: `empties table ${name}` }));
  if ("LockStmt" in node)
    return each(node.LockStmt.relations, (name) => ({ rule: "lock-table", what: `locks table ${name}` }));
  if ("DeleteStmt" in node) {
    const { relation, whereClause, usingClause } = node.DeleteStmt;
    return says(whereClause) || usingClause ? [] : one("delete-all", "deletes all rows of", nameOf(relation));
  }
  if ("UpdateStmt" in node) {
    const { relation, whereClause, fromClause } = node.UpdateStmt;
    return says(whereClause) || fromClause ? [] : one("update-all", "changes all rows of", nameOf(relation));
  }
  if ("VacuumStmt" in node) return vacuum(node.VacuumStmt);
  if ("ClusterStmt" in node) {
    const { relation } = node.ClusterStmt;
    return relation ? one("rewrite-table", "clusters", nameOf(relation)) : everything("clusters");
  }
  if ("ReindexStmt" in node) return reindex(node.ReindexStmt);
  if ("RefreshMatViewStmt" in node) {
    const { relation, concurrent = false } = node.RefreshMatViewStmt;
    return concurrent ? [] : one("refresh-view", "refreshes", nameOf(relation));
  }
  return [];
}

const one = (rule: RuleName, does: string, relation: string): Hit[] => [
  { rule, what: `${does} ${relation}`, relation },
];
const everything = (does: string): Hit[] => [{ rule: "rewrite-table", what: `${does} every table` }];

function each(nodes: readonly Node[] = [], hit: (name: string) => Hit): Hit[] {
  return nodes.flatMap((node) => {
    if (!("RangeVar" in node)) return [];
    const relation = nameOf(node.RangeVar);
    return [{ ...hit(relation), relation }];
  });
}

/** `WHERE true` says nothing. */
function says(where: Node | undefined): boolean {
  return where !== undefined && !("A_Const" in where && where.A_Const.boolval?.boolval === true);
}

const kinds: Readonly<Partial<Record<ObjectType, string>>> = {
  OBJECT_TABLE: "table",
  OBJECT_FOREIGN_TABLE: "table",
  OBJECT_VIEW: "view",
  OBJECT_MATVIEW: "view",
  OBJECT_TYPE: "type",
  OBJECT_DOMAIN: "type",
  OBJECT_SCHEMA: "schema",
  OBJECT_SEQUENCE: "sequence",
  OBJECT_FUNCTION: "function",
  OBJECT_PROCEDURE: "function",
  OBJECT_ROUTINE: "function",
  OBJECT_AGGREGATE: "function",
  OBJECT_EXTENSION: "extension",
};

function drop({ objects = [], removeType, concurrent = false }: DropStmt): Hit[] {
  const names = objects.map(objectName);
  if (removeType === "OBJECT_INDEX")
    return concurrent
      ? []
      : names.map((relation) => ({ rule: "drop-index", what: `drops index ${relation}`, relation }));
  const kind = removeType && kinds[removeType];
  if (kind === undefined) return [];
  const rule = kind === "table" ? "drop-table" : "drop-object";
  return names.map((relation) => ({ rule, what: `drops ${kind} ${relation}`, relation }));
}

function rename({ renameType, relation, object, subname = "", newname = "" }: RenameStmt): Hit[] {
  const name = relation ? nameOf(relation) : object ? objectName(object) : subname;
  const hit = (rule: RuleName, what: string): Hit[] => [{ rule, what: `${what} to ${newname}`, relation: name }];
  if (renameType === "OBJECT_TABLE") return hit("rename-table", `renames table ${name}`);
  if (renameType === "OBJECT_COLUMN") return hit("rename-column", `renames column ${subname} of ${name}`);
  if (renameType === "OBJECT_ATTRIBUTE" || renameType === "OBJECT_TABCONSTRAINT")
    return hit("rename-object", `renames ${subname} of ${name}`);
  const kind = renameType && kinds[renameType];
  return kind === undefined ? [] : hit("rename-object", `renames ${kind} ${name}`);
}

function createIndex({ idxname, relation, concurrent = false }: IndexStmt): Hit[] {
  const table = nameOf(relation);
  const index = idxname && qualified(relation?.schemaname ? [relation.schemaname, idxname] : [idxname]);
  const what = `builds index ${index ?? ""} on ${table}`.replace("  ", " ");
  if (!concurrent) return [{ rule: "create-index", what, relation: table }];
  return [{ rule: "concurrent-index", what, ...(index && { relation: index }) }];
}

function vacuum({ options = [], rels = [], is_vacuumcmd: isVacuum = false }: VacuumStmt): Hit[] {
  if (!isVacuum || !options.some((node) => "DefElem" in node && node.DefElem.defname === "full")) return [];
  if (rels.length === 0) return everything("writes anew");
  return rels.flatMap((node) =>
    "VacuumRelation" in node ? one("rewrite-table", "writes anew", nameOf(node.VacuumRelation.relation)) : [],
  );
}

function reindex({ relation, params = [], name }: ReindexStmt): Hit[] {
  if (params.some((node) => "DefElem" in node && node.DefElem.defname === "concurrently")) return [];
  return relation
    ? one("reindex", "reindexes", nameOf(relation))
    : [{ rule: "reindex", what: `reindexes all of ${name ?? "the database"}` }];
}
