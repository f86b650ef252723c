import type { AlterTableCmd, AlterTableStmt, AlterTableType, ColumnDef, Constraint, Node } from "libpg-query";
import type { Hit } from "./lint-statement.ts";
import { nameOf, words } from "./names.ts";
import type { RuleName } from "./rules.ts";

/** What ALTER TABLE does; one statement may do several things. */
export function alterTable({ relation, cmds = [], objtype }: AlterTableStmt): Hit[] {
  const table = nameOf(relation);
  return cmds.flatMap((node) => {
    if (!("AlterTableCmd" in node)) return [];
    return objtype === "OBJECT_TABLE" || objtype === "OBJECT_MATVIEW"
      ? alteration(table, node.AlterTableCmd)
      : ofOther(table, node.AlterTableCmd);
  });
}

/** Composite types, views, indexes, sequences: what code knows of them is their names and types. */
function ofOther(name: string, { subtype, name: part = "" }: AlterTableCmd): Hit[] {
  if (subtype === "AT_DropColumn") return [{ rule: "drop-object", what: `drops ${part} of ${name}`, relation: name }];
  if (subtype === "AT_AlterColumnType")
    return [{ rule: "change-type", what: `changes the type of ${name}.${part}`, relation: name }];
  return [];
}

const columnChanges: Readonly<Partial<Record<AlterTableType, [RuleName, what: (column: string) => string]>>> = {
  AT_DropColumn: ["drop-column", (column) => `drops column ${column}`],
  AT_AlterColumnType: ["change-type", (column) => `changes the type of column ${column}`],
  AT_SetNotNull: ["set-not-null", (column) => `sets NOT NULL on column ${column}`],
};
const rewriting: readonly (AlterTableType | undefined)[] = [
  "AT_SetLogged",
  "AT_SetUnLogged",
  "AT_SetTableSpace",
  "AT_SetAccessMethod",
  "AT_SetExpression",
];

function alteration(relation: string, { subtype, name = "", def }: AlterTableCmd): Hit[] {
  const change = subtype && columnChanges[subtype];
  if (change) return [{ rule: change[0], what: `${change[1](name)} of ${relation}`, relation }];
  if (rewriting.includes(subtype)) return [{ rule: "rewrite-table", what: `writes table ${relation} anew`, relation }];
  if (subtype === "AT_DropConstraint")
    return [{ rule: "drop-constraint", what: `drops constraint ${name} of ${relation}`, relation, constraint: name }];
  if (subtype === "AT_AddColumn" && def && "ColumnDef" in def) return addColumn(relation, def.ColumnDef);
  if (subtype === "AT_AddConstraint" && def && "Constraint" in def) return addConstraint(relation, def.Constraint);
  if (subtype === "AT_AttachPartition" && def && "PartitionCmd" in def)
    return attach(nameOf(def.PartitionCmd.name), relation);
  return [];
}

function attach(partition: string, table: string): Hit[] {
  return [{ rule: "attach-partition", what: `attaches ${partition} to ${table}`, relation: partition }];
}

function addColumn(relation: string, { colname = "", typeName, constraints = [] }: ColumnDef): Hit[] {
  const given = constraints.flatMap((node) => ("Constraint" in node ? [node.Constraint] : []));
  const find = (type: Constraint["contype"]) => given.find(({ contype }) => contype === type);
  const value = find("CONSTR_DEFAULT")?.raw_expr;
  const counted = words(typeName?.names).some((name) => serials.has(name)) || find("CONSTR_IDENTITY") !== undefined;
  const generated = find("CONSTR_GENERATED");
  const computed = generated?.generated_kind === "s";
  const required = find("CONSTR_NOTNULL") ?? find("CONSTR_PRIMARY");
  const hit = (rule: RuleName, what: string): Hit => ({
    rule,
    what: `adds column ${relation}.${colname} ${what}`,
    relation,
  });
  const hits: (Hit | false)[] = [
    required !== undefined && !value && !counted && !generated && hit("required-column", "NOT NULL without DEFAULT"),
    (counted || (value !== undefined && isVolatile(value))) &&
      hit("volatile-default", "with a value of its own for each row"),
    computed && hit("generated-column", "with a computed value"),
    (find("CONSTR_UNIQUE") ?? find("CONSTR_PRIMARY")) !== undefined && hit("add-unique", "with a unique constraint"),
    find("CONSTR_CHECK") !== undefined && hit("add-check", "with a CHECK"),
    // Nothing is checked where all are null.
    find("CONSTR_FOREIGN") !== undefined &&
      value !== undefined &&
      hit("add-foreign-key", "with a DEFAULT and a FOREIGN KEY"),
  ];
  return hits.filter((found) => found !== false);
}

function addConstraint(relation: string, constraint: Constraint): Hit[] {
  const { contype, conname, indexname, skip_validation: unchecked = false, is_enforced: enforced } = constraint;
  const hit = (rule: RuleName, kind: string): Hit[] => [
    { rule, what: `adds ${kind}${conname ? ` ${conname}` : ""} to ${relation}`, relation },
  ];
  if (contype === "CONSTR_NOTNULL") return hit("set-not-null", "NOT NULL constraint");
  if (contype === "CONSTR_UNIQUE" || contype === "CONSTR_PRIMARY" || contype === "CONSTR_EXCLUSION")
    return indexname === undefined ? hit("add-unique", "constraint") : [];
  if (unchecked || enforced === false) return [];
  if (contype === "CONSTR_CHECK") return hit("add-check", "CHECK");
  return contype === "CONSTR_FOREIGN" ? hit("add-foreign-key", "FOREIGN KEY") : [];
}

const serials = new Set(["smallserial", "serial", "bigserial", "serial2", "serial4", "serial8"]);

/** Functions that give one value to all rows. PostgreSQL's catalogue knows them all; the build knows those that defaults are made of. */
const steady = new Set(
  "now transaction_timestamp statement_timestamp current_setting to_timestamp to_date to_char make_date make_timestamptz date_trunc timezone lower upper concat md5 length round floor ceil abs jsonb_build_object jsonb_build_array json_build_object json_build_array to_json to_jsonb array_fill".split(
    " ",
  ),
);

function isVolatile(expression: unknown): boolean {
  if (Array.isArray(expression)) return expression.some(isVolatile);
  if (typeof expression !== "object" || expression === null) return false;
  if ("FuncCall" in expression && !isSteady(expression as Node)) return true; // a node of the tree that is walked
  return Object.values(expression).some(isVolatile);
}

function isSteady(node: Node): boolean {
  return "FuncCall" in node && steady.has(words(node.FuncCall.funcname).at(-1) ?? "");
}
