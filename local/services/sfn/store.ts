import type { CreateStateMachineInput } from "@aws-sdk/client-sfn";
import { records, type Cloud } from "#local/cloud/index.ts";
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

export type Store = ReturnType<typeof openStore>;

export function openStore(cloud: Cloud) {
  const { store } = cloud;
  const machines = records<Machine>(store, "sfn.machines", ({ name }) => name);
  const revisions = store.collection<Revision>("sfn.revisions");
  const executions = store.collection<Execution>("sfn.executions");
  const histories = store.journal<HistoryRecord>("sfn.history");
  const parsed = new Map<string, Definition>();
  const revision = (id: string): Revision => {
    const record = revisions.get(id);
    if (!record) throw new Error(`The store has no definition ${id}`);
    return record;
  };
  return {
    machines,
    revision,
    /** A machine with its current definition. */
    putMachine(machine: Machine, definition: string): Machine {
      const { arn, name, revisionId, roleArn, updateDate, logging, isTraced } = machine;
      store.transaction(() => {
        revisions.put(revisionId, {
          definition,
          machineArn: arn,
          machineName: name,
          roleArn,
          updateDate,
          logging,
          isTraced,
        });
        machines.save(machine);
      });
      return machine;
    },
    definition(id: string): Definition {
      // It was validated when it was stored.
      const definition = parsed.get(id) ?? definitionSchema.parse(JSON.parse(revision(id).definition));
      parsed.set(id, definition);
      return definition;
    },
    execution: (arn: string) => executions.get(arn),
    /** Of one state machine, or of all. */
    executions: (name?: string) => executions.list(name === undefined ? "" : cloud.arn("states", `execution:${name}:`)),
    history: (arn: string) => histories.read(arn),
    /** Writes an execution and its new history events in one transaction. */
    write(execution: Execution, events: readonly HistoryRecord[], also?: () => void) {
      store.transaction(() => {
        histories.append(execution.arn, ...events);
        executions.put(execution.arn, execution);
        also?.();
      });
    },
    deleteExecution(arn: string) {
      store.transaction(() => {
        executions.delete(arn);
        histories.delete(arn);
      });
    },
  };
}
