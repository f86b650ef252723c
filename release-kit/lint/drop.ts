import type { DropStmt, Node, ObjectType } from "libpg-query";
import { objectName, qualified, signatureOf, wordsOf } from "./names.ts";
import { type Harmless, harmless, type Hit, type RuleName } from "./rules.ts";

/** What DROP does; it may name several objects. */
export function drop({ objects = [], removeType, behavior, concurrent = false }: DropStmt): Hit[] {
  const decision = removeType && drops[removeType];
  if (!decision || "harmless" in decision) return [];
  return objects.flatMap((node) => {
    if (removeType === "OBJECT_INDEX") return dropIndex(objectName(node), concurrent);
    const { relation, name } = decision.ofTable ? partOfTable(node) : { relation: objectName(node), name: "" };
    const what = decision.ofTable
      ? `drops ${decision.kind} ${name} of ${relation}`
      : `drops ${decision.kind} ${relation}`;
    const signature = signatureOfDropped(node);
    const isKnown = decision.kind !== "function" || signature !== undefined;
    const recreatable =
      decision.rule === "drop-object" && isKnown && behavior !== "DROP_CASCADE" && removeType !== "OBJECT_SEQUENCE";
    return [
      { rule: decision.rule, what, relation, ...(signature && { signature }), ...(recreatable && { recreatable }) },
    ];
  });
}

function signatureOfDropped(node: Node): string | undefined {
  if (!("ObjectWithArgs" in node) || node.ObjectWithArgs.args_unspecified) return undefined;
  const { objargs = [] } = node.ObjectWithArgs;
  const types = objargs.flatMap((type) => ("TypeName" in type ? [type.TypeName] : []));
  return signatureOf(objectName(node), types);
}

/** Only the database, or the migration that creates it, knows whether an index is unique. */
function dropIndex(relation: string, concurrent: boolean): Hit[] {
  const what = `drops index ${relation}`;
  const unique: Hit = { rule: "drop-unique-index", what, relation };
  return concurrent ? [unique] : [unique, { rule: "drop-index", what, relation }];
}

interface Drop {
  readonly rule: RuleName;
  /** Its name in SQL. */
  readonly kind: string;
  /** Its name follows that of its table. */
  readonly ofTable?: true;
}

const object = (kind: string): Drop => ({ rule: "drop-object", kind });
const noSuchDrop = harmless("the grammar has no DROP of this kind");

/** Every kind of object in the grammar of PostgreSQL 18. */
export const drops: Readonly<Record<ObjectType, Drop | Harmless>> = {
  OBJECT_ACCESS_METHOD: object("access method"),
  OBJECT_AGGREGATE: object("function"),
  OBJECT_AMOP: noSuchDrop,
  OBJECT_AMPROC: noSuchDrop,
  OBJECT_ATTRIBUTE: noSuchDrop,
  OBJECT_CAST: object("cast"),
  OBJECT_COLUMN: noSuchDrop,
  OBJECT_COLLATION: object("collation"),
  OBJECT_CONVERSION: object("conversion"),
  OBJECT_DATABASE: noSuchDrop,
  OBJECT_DEFAULT: noSuchDrop,
  OBJECT_DEFACL: noSuchDrop,
  OBJECT_DOMAIN: object("type"),
  OBJECT_DOMCONSTRAINT: noSuchDrop,
  OBJECT_EVENT_TRIGGER: { rule: "drop-trigger", kind: "event trigger" },
  OBJECT_EXTENSION: object("extension"),
  OBJECT_FDW: object("foreign-data wrapper"),
  OBJECT_FOREIGN_SERVER: object("foreign server"),
  OBJECT_FOREIGN_TABLE: { rule: "drop-table", kind: "table" },
  OBJECT_FUNCTION: object("function"),
  OBJECT_INDEX: { rule: "drop-unique-index", kind: "index" },
  OBJECT_LANGUAGE: object("language"),
  OBJECT_LARGEOBJECT: noSuchDrop,
  OBJECT_MATVIEW: object("view"),
  OBJECT_OPCLASS: object("operator class"),
  OBJECT_OPERATOR: object("operator"),
  OBJECT_OPFAMILY: object("operator family"),
  OBJECT_PARAMETER_ACL: noSuchDrop,
  OBJECT_POLICY: { rule: "row-security", kind: "policy", ofTable: true },
  OBJECT_PROCEDURE: object("function"),
  OBJECT_PUBLICATION: object("publication"),
  OBJECT_PUBLICATION_NAMESPACE: noSuchDrop,
  OBJECT_PUBLICATION_REL: noSuchDrop,
  OBJECT_ROLE: noSuchDrop,
  OBJECT_ROUTINE: object("function"),
  OBJECT_RULE: { rule: "drop-trigger", kind: "rule", ofTable: true },
  OBJECT_SCHEMA: object("schema"),
  OBJECT_SEQUENCE: object("sequence"),
  OBJECT_SUBSCRIPTION: noSuchDrop,
  OBJECT_STATISTIC_EXT: harmless("only the planner is affected"),
  OBJECT_TABCONSTRAINT: noSuchDrop,
  OBJECT_TABLE: { rule: "drop-table", kind: "table" },
  OBJECT_TABLESPACE: noSuchDrop,
  OBJECT_TRANSFORM: object("transform"),
  OBJECT_TRIGGER: { rule: "drop-trigger", kind: "trigger", ofTable: true },
  OBJECT_TSCONFIGURATION: object("text search configuration"),
  OBJECT_TSDICTIONARY: object("text search dictionary"),
  OBJECT_TSPARSER: object("text search parser"),
  OBJECT_TSTEMPLATE: object("text search template"),
  OBJECT_TYPE: object("type"),
  OBJECT_USER_MAPPING: noSuchDrop,
  OBJECT_VIEW: object("view"),
};

function partOfTable(node: Node): { relation: string; name: string } {
  const names = wordsOf(node);
  return { relation: qualified(names.slice(0, -1)), name: qualified(names.slice(-1)) };
}
