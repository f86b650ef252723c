import type { AlterDomainStmt, AlterSeqStmt, DefElem, GrantStmt, Node, RoleSpec } from "libpg-query";
import { isNull } from "./added.ts";
import { alterations, alterTable, restartHit } from "./alter-table.ts";
import { drop, drops } from "./drop.ts";
import { cluster, createIndex, each, one, reindex, vacuum } from "./maintenance.ts";
import { nameOf, objectName, qualified, words } from "./names.ts";
import { alterEnum, rename, setSchema } from "./rename.ts";
import { deleteRows, mergeRows, updateRows } from "./rows.ts";
import { type Decision, harmless, type Hit, type RuleName } from "./rules.ts";

type NodeName<N = Node> = N extends unknown ? keyof N : never;
type NodeOf<Name extends NodeName> = Extract<Node, Record<Name, unknown>>[Name &
  keyof Extract<Node, Record<Name, unknown>>];
/** Nodes that end in `Stmt` without being statements of a migration. */
type Inner = "RawStmt" | "SetOperationStmt" | "ReturnStmt" | "PLAssignStmt" | "ReplicaIdentityStmt";
export type StatementName = Exclude<Extract<NodeName, `${string}Stmt`>, Inner>;
type Decisions = { readonly [Name in StatementName]: Decision<NodeOf<Name>> };

const creates = harmless("the serving release does not use what is new");
const session = harmless("only the session of the migration is affected");
const reads = harmless("it changes no data by itself; statements inside it are decided on their own");
const planner = harmless("only the planner or the storage is affected");
const replication = harmless("only replication is affected");
const runs = harmless("the statements that it runs are decided on their own");
const sameName = harmless("its name, arguments and result stay");

/** A statement that always does the same thing, whatever its options. */
const always = <T>(rule: RuleName, what: string | ((statement: T) => string)): Decision<T> => ({
  rules: [rule],
  lint: (statement) => [{ rule, what: typeof what === "string" ? what : what(statement) }],
});
const rulesOf = (table: Readonly<Record<string, { rule: RuleName } | { rules: readonly RuleName[] } | object>>) => [
  ...new Set(
    Object.values(table).flatMap((decision): readonly RuleName[] =>
      "rule" in decision ? [decision.rule] : "rules" in decision ? decision.rules : [],
    ),
  ),
];

/** A decision for every statement in the grammar of PostgreSQL 18. New statements of a newer parser are compile errors here. */
export const decisions: Decisions = {
  AlterCollationStmt: planner,
  AlterDatabaseRefreshCollStmt: planner,
  AlterDatabaseSetStmt: always("change-settings", ({ dbname }) => `changes settings of database ${dbname}`),
  AlterDatabaseStmt: always("change-settings", ({ dbname }) => `changes options of database ${dbname}`),
  AlterDefaultPrivilegesStmt: harmless("only what is created later is affected"),
  AlterDomainStmt: { rules: ["drop-default", "domain-constraint"], lint: alterDomain },
  AlterEnumStmt: { rules: ["rename-object", "enum-value"], lint: alterEnum },
  AlterEventTrigStmt: harmless("event triggers fire for schema changes only"),
  AlterExtensionContentsStmt: harmless("what belongs to the extension stays usable"),
  AlterExtensionStmt: harmless("the update scripts of an extension keep what it offers"),
  AlterFdwStmt: always("change-foreign", ({ fdwname }) => `changes foreign-data wrapper ${fdwname}`),
  AlterForeignServerStmt: always("change-foreign", ({ servername }) => `changes foreign server ${servername}`),
  AlterFunctionStmt: sameName,
  AlterObjectDependsStmt: harmless("only what a later DROP of the extension takes along is affected"),
  AlterObjectSchemaStmt: { rules: ["rename-object"], lint: setSchema },
  AlterOpFamilyStmt: {
    rules: ["drop-object"],
    lint: ({ isDrop, opfamilyname }) =>
      isDrop
        ? [{ rule: "drop-object", what: `drops members of operator family ${qualified(words(opfamilyname))}` }]
        : [],
  },
  AlterOperatorStmt: planner,
  AlterOwnerStmt: always(
    "change-owner",
    ({ relation, object }) => `changes the owner of ${relation ? nameOf(relation) : objectName(object)}`,
  ),
  AlterPolicyStmt: {
    rules: ["row-security"],
    lint: ({ policy_name: policy, table }) => one("row-security", `changes policy ${policy} of`, table),
  },
  AlterPublicationStmt: replication,
  AlterRoleSetStmt: always("change-settings", ({ role }) => `changes settings of role ${roleName(role)}`),
  AlterRoleStmt: always("change-settings", ({ role }) => `changes role ${roleName(role)}`),
  AlterSeqStmt: { rules: ["restart-sequence"], lint: alterSequence },
  AlterStatsStmt: planner,
  AlterSubscriptionStmt: replication,
  AlterSystemStmt: always("change-settings", "changes settings of the server"),
  AlterTSConfigurationStmt: sameName,
  AlterTSDictionaryStmt: sameName,
  AlterTableMoveAllStmt: always("rewrite-table", "moves all tables of a tablespace"),
  AlterTableSpaceOptionsStmt: planner,
  AlterTableStmt: { rules: rulesOf(alterations), lint: alterTable },
  AlterTypeStmt: sameName,
  AlterUserMappingStmt: always("change-foreign", ({ servername }) => `changes a user mapping of ${servername}`),
  CallStmt: runs,
  CheckPointStmt: planner,
  ClosePortalStmt: session,
  ClusterStmt: { rules: ["rewrite-table"], lint: ({ relation }) => cluster(relation) },
  CommentStmt: harmless("comments have no effect"),
  CompositeTypeStmt: creates,
  ConstraintsSetStmt: session,
  CopyStmt: reads,
  CreateAmStmt: creates,
  CreateCastStmt: creates,
  CreateConversionStmt: creates,
  CreateDomainStmt: creates,
  CreateEnumStmt: creates,
  CreateEventTrigStmt: harmless("event triggers fire for schema changes only"),
  CreateExtensionStmt: creates,
  CreateFdwStmt: creates,
  CreateForeignServerStmt: creates,
  CreateForeignTableStmt: creates,
  CreateFunctionStmt: harmless(
    "OR REPLACE keeps name, arguments and result; the body is decided on when a migration calls it",
  ),
  CreateOpClassStmt: creates,
  CreateOpFamilyStmt: creates,
  CreatePLangStmt: creates,
  CreatePolicyStmt: {
    rules: ["row-security"],
    lint: ({ permissive = false, policy_name: policy, table }) =>
      permissive ? [] : one("row-security", `adds the restrictive policy ${policy} to`, table),
  },
  CreatePublicationStmt: replication,
  CreateRangeStmt: creates,
  CreateRoleStmt: creates,
  CreateSchemaStmt: creates,
  CreateSeqStmt: creates,
  CreateStatsStmt: planner,
  CreateStmt: creates,
  CreateSubscriptionStmt: replication,
  CreateTableAsStmt: creates,
  CreateTableSpaceStmt: creates,
  CreateTransformStmt: creates,
  CreateTrigStmt: harmless(
    "expand migrations need triggers that keep an old and a new column equal; it adds work to writes",
  ),
  CreateUserMappingStmt: creates,
  CreatedbStmt: creates,
  DeallocateStmt: session,
  DeclareCursorStmt: reads,
  DefineStmt: creates,
  DeleteStmt: { rules: ["delete-all"], lint: deleteRows },
  DiscardStmt: session,
  DoStmt: runs,
  DropOwnedStmt: always("drop-table", "drops all that a role owns"),
  DropRoleStmt: always(
    "change-settings",
    ({ roles = [] }) =>
      `drops role ${roles.map((node) => ("RoleSpec" in node ? roleName(node.RoleSpec) : "")).join(", ")}`,
  ),
  DropStmt: { rules: [...rulesOf(drops), "drop-index"], lint: drop },
  DropSubscriptionStmt: replication,
  DropTableSpaceStmt: harmless("PostgreSQL drops an empty tablespace only"),
  DropUserMappingStmt: always("change-foreign", ({ servername }) => `drops a user mapping of ${servername}`),
  DropdbStmt: always("drop-table", ({ dbname }) => `drops database ${dbname}`),
  ExecuteStmt: runs,
  ExplainStmt: runs,
  FetchStmt: session,
  GrantRoleStmt: {
    rules: ["revoke"],
    lint: ({ is_grant: isGrant = false }) =>
      isGrant ? [] : [{ rule: "revoke", what: "revokes membership of a role" }],
  },
  GrantStmt: { rules: ["revoke"], lint: grant },
  ImportForeignSchemaStmt: creates,
  IndexStmt: { rules: ["create-index", "concurrent-index"], lint: createIndex },
  InsertStmt: harmless("rows are added"),
  ListenStmt: session,
  LoadStmt: session,
  LockStmt: { rules: ["lock-table"], lint: ({ relations }) => each("lock-table", "locks table", relations) },
  MergeStmt: { rules: ["delete-all"], lint: mergeRows },
  NotifyStmt: session,
  PrepareStmt: harmless("it is decided on when it is executed"),
  ReassignOwnedStmt: always("change-owner", "changes the owner of all that a role owns"),
  RefreshMatViewStmt: {
    rules: ["refresh-view"],
    lint: ({ relation, concurrent = false }) => (concurrent ? [] : one("refresh-view", "refreshes", relation)),
  },
  ReindexStmt: { rules: ["reindex"], lint: reindex },
  RenameStmt: { rules: ["rename-table", "rename-column", "rename-object"], lint: rename },
  RuleStmt: {
    rules: ["create-rule"],
    lint: ({ relation, rulename }) => one("create-rule", `creates rule ${rulename} on`, relation),
  },
  SecLabelStmt: harmless("labels have no effect without a label provider"),
  SelectStmt: reads,
  TransactionStmt: session,
  TruncateStmt: { rules: ["truncate"], lint: ({ relations }) => each("truncate", "empties table", relations) },
  UnlistenStmt: session,
  UpdateStmt: { rules: ["update-all"], lint: updateRows },
  VacuumStmt: { rules: ["rewrite-table"], lint: vacuum },
  VariableSetStmt: session,
  VariableShowStmt: session,
  ViewStmt: harmless("OR REPLACE can only add columns at the end"),
};

const roleName = (role: RoleSpec | undefined) => role?.rolename ?? "of the session";

/** T: default, O: SET NOT NULL, C: ADD CONSTRAINT; N, X and V drop or validate a constraint. */
function alterDomain({ subtype, typeName, def }: AlterDomainStmt): Hit[] {
  const relation = qualified(words(typeName));
  if (subtype === "T" && (!def || isNull(def)))
    return [{ rule: "drop-default", what: `drops the default of domain ${relation}`, relation }];
  if (subtype === "O") return [{ rule: "domain-constraint", what: `sets NOT NULL on domain ${relation}`, relation }];
  if (subtype === "C")
    return [{ rule: "domain-constraint", what: `adds a constraint to domain ${relation}`, relation }];
  return [];
}

function alterSequence({ sequence, options = [] }: AlterSeqStmt): Hit[] {
  const isRestart = ({ defname }: DefElem) => defname === "restart";
  return options.some((node) => "DefElem" in node && isRestart(node.DefElem))
    ? [restartHit(`sequence ${nameOf(sequence)}`, nameOf(sequence))]
    : [];
}

function grant({ is_grant: isGrant = false, objects = [] }: GrantStmt): Hit[] {
  if (isGrant) return [];
  if (objects.length === 0) return [{ rule: "revoke", what: "revokes permissions" }];
  return objects.map((node) => {
    const relation = "RangeVar" in node ? nameOf(node.RangeVar) : objectName(node);
    return { rule: "revoke", what: `revokes permissions on ${relation}`, relation };
  });
}
