import type { CreateStateMachineInput } from "@aws-sdk/client-sfn";
import type { Cloud } from "#local/cloud/index.ts";
import { definitionSchema, type Definition } from "./definition.ts";
import type { Execution, HistoryRecord } from "./execution.ts";

/** A state machine in its current revision. */
export interface Machine {
  arn: string;
  name: string;
  roleArn: string;
  /** Identifies the definition; executions keep the one they were started with. */
  revisionId: string;
  /** as AWS: the id of the first revision is not returned. */
  isFirstRevision: boolean;
  creationDate: number;
  updateDate: number;
  logging: NonNullable<CreateStateMachineInput["loggingConfiguration"]>;
  isTraced: boolean;
  tags: { key: string; value: string }[];
}

/** A definition that executions run, kept after an update of the state machine. */
export interface Revision {
  definition: string;
  machineArn: string;
  machineName: string;
  roleArn: string;
  updateDate: number;
  logging: Machine["logging"];
  isTraced: boolean;
}

export interface Store {
  machines: Pick<ReturnType<typeof machinesOf>, "get" | "put" | "delete" | "list">;
  revision(id: string): Revision;
  putRevision(id: string, revision: Revision): void;
  definition(revisionId: string): Definition;
  execution(arn: string): Execution | undefined;
  /** Of one state machine, or of all. */
  executions(machineName?: string): Execution[];
  history(arn: string): HistoryRecord[];
  /** Writes an execution and its new history events in one transaction. */
  write(execution: Execution, events: readonly HistoryRecord[], also?: () => void): void;
  deleteExecution(arn: string): void;
}

const machinesOf = (cloud: Cloud) => cloud.store.collection<Machine>("sfn.machines");

export function openStore(cloud: Cloud): Store {
  const { store } = cloud;
  const machines = machinesOf(cloud);
  const revisions = store.collection<Revision>("sfn.revisions");
  const executions = store.collection<Execution>("sfn.executions");
  const histories = store.journal<HistoryRecord>("sfn.history");
  const parsed = new Map<string, Definition>();
  const revision = (id: string) => {
    const record = revisions.get(id);
    if (!record) throw new Error(`The store has no definition ${id}`);
    return record;
  };
  return {
    machines,
    revision,
    putRevision: (id, record) => revisions.put(id, record),
    definition(id) {
      // It was validated when it was stored.
      const definition = parsed.get(id) ?? definitionSchema.parse(JSON.parse(revision(id).definition));
      parsed.set(id, definition);
      return definition;
    },
    execution: (arn) => executions.get(arn),
    executions: (name) => executions.list(name === undefined ? "" : cloud.arn("states", `execution:${name}:`)),
    history: (arn) => histories.read(arn),
    write(execution, events, also) {
      store.transaction(() => {
        histories.append(execution.arn, ...events);
        executions.put(execution.arn, execution);
        also?.();
      });
    },
    deleteExecution(arn) {
      store.transaction(() => {
        executions.delete(arn);
        histories.delete(arn);
      });
    },
  };
}
