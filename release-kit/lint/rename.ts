import type { AlterEnumStmt, AlterObjectSchemaStmt, ObjectType, RenameStmt } from "libpg-query";
import { nameOf, objectName, qualified, words } from "./names.ts";
import type { Hit, RuleName } from "./rules.ts";

/** What RENAME does. The serving release knows only the old name. */
export function rename({ renameType, relation, object, subname = "", newname = "" }: RenameStmt): Hit[] {
  const name = relation ? nameOf(relation) : object ? objectName(object) : subname;
  const hit = (rule: RuleName, what: string): Hit[] => [{ rule, what: `${what} to ${newname}`, relation: name }];
  if (renameType === "OBJECT_TABLE") return hit("rename-table", `renames table ${name}`);
  if (renameType === "OBJECT_COLUMN") return hit("rename-column", `renames column ${subname} of ${name}`);
  if (renameType && parts.has(renameType)) return hit("rename-object", `renames ${subname} of ${name}`);
  return hit("rename-object", `renames ${kindOf(renameType)} ${name}`);
}

/** Kinds of objects that are named within another object. */
const parts: ReadonlySet<ObjectType> = new Set<ObjectType>([
  "OBJECT_ATTRIBUTE",
  "OBJECT_TABCONSTRAINT",
  "OBJECT_DOMCONSTRAINT",
  "OBJECT_POLICY",
  "OBJECT_RULE",
  "OBJECT_TRIGGER",
]);

const kindOf = (type: ObjectType = "OBJECT_TABLE") =>
  type === "OBJECT_MATVIEW" ? "view" : type.replace("OBJECT_", "").toLowerCase().replaceAll("_", " ");

export function setSchema({ relation, object, newschema = "" }: AlterObjectSchemaStmt): Hit[] {
  const name = relation ? nameOf(relation) : objectName(object);
  return [{ rule: "rename-object", what: `moves ${name} to schema ${newschema}`, relation: name }];
}

export function alterEnum({ typeName, oldVal, newVal = "" }: AlterEnumStmt): Hit[] {
  const type = qualified(words(typeName));
  return oldVal === undefined
    ? [{ rule: "enum-value", what: `adds ${newVal} to type ${type}`, relation: type }]
    : [{ rule: "rename-object", what: `renames ${oldVal} of type ${type}`, relation: type }];
}
