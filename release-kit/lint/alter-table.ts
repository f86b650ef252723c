import type { AlterTableCmd, AlterTableStmt, AlterTableType } from "libpg-query";
import { addColumn, addConstraint, isNull } from "./added.ts";
import { nameOf } from "./names.ts";
import { type Decision, type Harmless, harmless, type Hit, type RuleName } from "./rules.ts";

/** What ALTER TABLE, and ALTER of an index, view, sequence, composite type or foreign table, does; one statement may do several things. */
export function alterTable({ relation, cmds = [], objtype }: AlterTableStmt): Hit[] {
  const name = nameOf(relation);
  return cmds.flatMap((node) => {
    if (!("AlterTableCmd" in node)) return [];
    const command = node.AlterTableCmd;
    const decision = command.subtype && alterations[command.subtype];
    if (!decision)
      return [
        { rule: "cannot-analyse", what: `alters ${name} in a way that this version does not support`, relation: name },
      ];
    return "harmless" in decision
      ? []
      : decision.lint({ ...command, relation: name, isType: objtype === "OBJECT_TYPE" });
  });
}

interface Command extends AlterTableCmd {
  relation: string;
  /** A composite type, whose columns are called attributes. */
  isType: boolean;
}

const internal = harmless("internal to PostgreSQL; no statement contains it");
const forPlanner = harmless("only the planner or the storage of new rows is affected");
const enabling = harmless("like CREATE TRIGGER, it only adds work to writes");

/** One command of one rule; `$` in the sentence is the column, constraint or other part. */
const always = (rule: RuleName, does: string): Decision<Command> => ({
  rules: [rule],
  lint: ({ relation, name = "" }) => [{ rule, what: `${does.replace("$", name)} ${relation}`, relation }],
});
const rewrite = always("rewrite-table", "rewrites table");
const detach = (part: (command: Command) => string): Decision<Command> => ({
  rules: ["detach-partition"],
  lint: (command) => [
    {
      rule: "detach-partition",
      what: `detaches ${part(command)} from ${command.relation}`,
      relation: command.relation,
    },
  ],
});
const partitionOf = ({ def }: Command) => (def && "PartitionCmd" in def ? nameOf(def.PartitionCmd.name) : "");

/** A decision for every command in the grammar of PostgreSQL 18. */
export const alterations: Readonly<Record<AlterTableType, Decision<Command> | Harmless>> = {
  AT_AddColumn: {
    rules: ["required-column", "volatile-default", "generated-column", "add-unique", "add-check", "add-foreign-key"],
    lint: ({ relation, def }) => (def && "ColumnDef" in def ? addColumn(relation, def.ColumnDef) : []),
  },
  AT_AddColumnToView: internal,
  AT_ColumnDefault: {
    rules: ["drop-default"],
    lint: ({ relation, name = "", def }) =>
      def && !isNull(def)
        ? []
        : [{ rule: "drop-default", what: `drops the default of column ${name} of ${relation}`, relation }],
  },
  AT_CookedColumnDefault: internal,
  AT_DropNotNull: harmless("what the serving release writes stays valid"),
  AT_SetNotNull: always("set-not-null", "sets NOT NULL on column $ of"),
  AT_SetExpression: rewrite,
  AT_DropExpression: always("drop-default", "drops the generation expression of column $ of"),
  AT_SetStatistics: forPlanner,
  AT_SetOptions: forPlanner,
  AT_ResetOptions: forPlanner,
  AT_SetStorage: forPlanner,
  AT_SetCompression: forPlanner,
  AT_DropColumn: {
    rules: ["drop-column", "drop-object"],
    lint: ({ relation, name = "", isType }) => [
      isType
        ? { rule: "drop-object", what: `drops attribute ${name} of ${relation}`, relation }
        : { rule: "drop-column", what: `drops column ${name} of ${relation}`, relation },
    ],
  },
  AT_AddIndex: internal,
  AT_ReAddIndex: internal,
  AT_AddConstraint: {
    rules: ["set-not-null", "add-unique", "add-check", "add-foreign-key"],
    lint: ({ relation, def }) => (def && "Constraint" in def ? addConstraint(relation, def.Constraint) : []),
  },
  AT_ReAddConstraint: internal,
  AT_ReAddDomainConstraint: internal,
  AT_AlterConstraint: {
    rules: ["add-foreign-key", "drop-constraint"],
    lint: ({ relation, def }) => {
      if (!def || !("ATAlterConstraint" in def) || !def.ATAlterConstraint.alterEnforceability) return [];
      const { conname = "", is_enforced: enforced } = def.ATAlterConstraint;
      return enforced
        ? [{ rule: "add-foreign-key", what: `enforces constraint ${conname} of ${relation}`, relation }]
        : [{ rule: "drop-constraint", what: `stops enforcing constraint ${conname} of ${relation}`, relation }];
    },
  },
  AT_ValidateConstraint: harmless("the table stays readable and writable while it is scanned"),
  AT_AddIndexConstraint: internal,
  AT_DropConstraint: {
    rules: ["drop-constraint"],
    lint: ({ relation, name: constraint = "" }) => [
      { rule: "drop-constraint", what: `drops constraint ${constraint} of ${relation}`, relation, constraint },
    ],
  },
  AT_ReAddComment: internal,
  AT_AlterColumnType: always("change-type", "changes the type of column $ of"),
  AT_AlterColumnGenericOptions: always("change-foreign", "changes options of column $ of"),
  AT_ChangeOwner: always("change-owner", "changes the owner of"),
  AT_ClusterOn: forPlanner,
  AT_DropCluster: forPlanner,
  AT_SetLogged: rewrite,
  AT_SetUnLogged: rewrite,
  AT_DropOids: internal,
  AT_SetAccessMethod: rewrite,
  AT_SetTableSpace: rewrite,
  AT_SetRelOptions: forPlanner,
  AT_ResetRelOptions: forPlanner,
  AT_ReplaceRelOptions: internal,
  AT_EnableTrig: enabling,
  AT_EnableAlwaysTrig: enabling,
  AT_EnableReplicaTrig: always("drop-trigger", "enables trigger $ for replication only on"),
  AT_DisableTrig: always("drop-trigger", "disables trigger $ of"),
  AT_EnableTrigAll: enabling,
  AT_DisableTrigAll: always("drop-trigger", "disables all triggers of"),
  AT_EnableTrigUser: enabling,
  AT_DisableTrigUser: always("drop-trigger", "disables all user triggers of"),
  AT_EnableRule: always("create-rule", "enables rule $ of"),
  AT_EnableAlwaysRule: always("create-rule", "enables rule $ of"),
  AT_EnableReplicaRule: always("drop-trigger", "enables rule $ for replication only on"),
  AT_DisableRule: always("drop-trigger", "disables rule $ of"),
  AT_AddInherit: harmless("the parent shows additional rows and keeps its own"),
  AT_DropInherit: detach(({ def, relation }) =>
    def && "RangeVar" in def ? `parent ${nameOf(def.RangeVar)}` : relation,
  ),
  AT_AddOf: harmless("the columns do not change"),
  AT_DropOf: harmless("the columns do not change"),
  AT_ReplicaIdentity: harmless("only logical replication is affected"),
  AT_EnableRowSecurity: always("row-security", "enables row-level security on"),
  AT_DisableRowSecurity: harmless("existing queries keep working; check that no role sees rows that it must not"),
  AT_ForceRowSecurity: always("row-security", "forces row-level security on"),
  AT_NoForceRowSecurity: harmless("existing queries keep working; check that no role sees rows that it must not"),
  AT_GenericOptions: always("change-foreign", "changes options of foreign table"),
  AT_AttachPartition: {
    rules: ["attach-partition"],
    lint: (command) => [
      {
        rule: "attach-partition",
        what: `attaches ${partitionOf(command)} to ${command.relation}`,
        relation: partitionOf(command),
      },
    ],
  },
  AT_DetachPartition: detach(partitionOf),
  AT_DetachPartitionFinalize: detach(partitionOf),
  AT_AddIdentity: {
    rules: ["generated-always"],
    lint: ({ relation, name = "", def }) =>
      def && "Constraint" in def && def.Constraint.generated_when === "a" ? generatedAlways(relation, name) : [],
  },
  AT_SetIdentity: {
    rules: ["generated-always", "restart-sequence"],
    lint: ({ relation, name = "", def }) => {
      const items = def && "List" in def ? (def.List.items ?? []) : [];
      const options = items.flatMap((item) => ("DefElem" in item ? [item.DefElem] : []));
      const isAlways = options.some(
        ({ defname, arg }) => defname === "generated" && arg && "Integer" in arg && arg.Integer.ival === identityAlways,
      );
      const restart = options.some(({ defname }) => defname === "restart");
      return [
        ...(isAlways ? generatedAlways(relation, name) : []),
        ...(restart ? [restartHit(`the identity of column ${name} of ${relation}`, relation)] : []),
      ];
    },
  },
  AT_DropIdentity: always("drop-default", "drops the identity of column $ of"),
  AT_ReAddStatistics: internal,
};

/** ATTRIBUTE_IDENTITY_ALWAYS, the character `a`, as the grammar passes it on. */
const identityAlways = "a".charCodeAt(0);

const generatedAlways = (relation: string, column: string): Hit[] => [
  { rule: "generated-always", what: `sets GENERATED ALWAYS on column ${column} of ${relation}`, relation },
];

export const restartHit = (what: string, relation: string): Hit => ({
  rule: "restart-sequence",
  what: `restarts ${what}`,
  relation,
});
