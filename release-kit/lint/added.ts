import type { ColumnDef, Constraint, Node } from "libpg-query";
import { nameOfFunction, words } from "./names.ts";
import type { Hit, RuleName } from "./rules.ts";

/** What ADD COLUMN does besides adding a column. */
export function addColumn(relation: string, { colname = "", typeName, constraints = [] }: ColumnDef): Hit[] {
  const clauses = constraints.flatMap((node) => ("Constraint" in node ? [node.Constraint] : []));
  const find = (type: Constraint["contype"]) => clauses.find(({ contype }) => contype === type);
  const expression = find("CONSTR_DEFAULT")?.raw_expr;
  const value = expression && isNull(expression) ? undefined : expression;
  const isNumbered = words(typeName?.names).some((name) => serials.has(name)) || find("CONSTR_IDENTITY") !== undefined;
  const generated = find("CONSTR_GENERATED");
  const computed = generated?.generated_kind === "s";
  const required = find("CONSTR_NOTNULL") ?? find("CONSTR_PRIMARY");
  const hit = (rule: RuleName, what: string): Hit => ({
    rule,
    what: `adds column ${relation}.${colname} ${what}`,
    relation,
  });
  const hits: (Hit | false)[] = [
    required !== undefined && !value && !isNumbered && !generated && hit("required-column", "NOT NULL without DEFAULT"),
    (isNumbered || (value !== undefined && isVolatile(value))) &&
      hit("volatile-default", "with a different value in each row"),
    computed && hit("generated-column", "with a computed value"),
    (find("CONSTR_UNIQUE") ?? find("CONSTR_PRIMARY")) !== undefined && hit("add-unique", "with a unique constraint"),
    find("CONSTR_CHECK") !== undefined && hit("add-check", "with a CHECK"),
    // Nulls are not checked.
    find("CONSTR_FOREIGN") !== undefined &&
      value !== undefined &&
      hit("add-foreign-key", "with a DEFAULT and a FOREIGN KEY"),
  ];
  return hits.filter((hit) => hit !== false);
}

/** DEFAULT NULL is the same as no default. */
export function isNull(expression: Node): boolean {
  if ("TypeCast" in expression) return expression.TypeCast.arg !== undefined && isNull(expression.TypeCast.arg);
  return "A_Const" in expression && expression.A_Const.isnull === true;
}

/** What ADD CONSTRAINT does. NOT VALID, NOT ENFORCED and USING INDEX do not scan the rows. */
export function addConstraint(relation: string, constraint: Constraint): Hit[] {
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

/** Functions that return one value for all rows. The full list is in the catalog of PostgreSQL; these are common in defaults. */
const steady = new Set(
  "now transaction_timestamp statement_timestamp current_setting to_timestamp to_date to_char make_date make_timestamptz date_trunc timezone lower upper concat md5 length round floor ceil abs jsonb_build_object jsonb_build_array json_build_object json_build_array to_json to_jsonb array_fill".split(
    " ",
  ),
);

function isVolatile(expression: unknown): boolean {
  if (Array.isArray(expression)) return expression.some(isVolatile);
  if (typeof expression !== "object" || expression === null) return false;
  if ("FuncCall" in expression && !isSteady(expression as Node)) return true; // a node of the parse tree
  return Object.values(expression).some(isVolatile);
}

function isSteady(node: Node): boolean {
  return "FuncCall" in node && steady.has(nameOfFunction(node.FuncCall));
}
