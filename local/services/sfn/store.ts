import type { CreateStateMachineInput } from "@aws-sdk/client-sfn";
import type { Cloud } from "#local/cloud/index.ts";
import { definitionSchema, type Definition } from "./definition.ts";
import type { Execution, HistoryRecord } from "./execution.ts";

/** A state machine as it is now. */
export interface Machine {
  arn: string;
  name: string;
  roleArn: string;
  /** Identifies the definition; executions keep the one they were started with. */
  revisionId: string;
  /** as AWS: the first revision is not told. */
  isFirstRevision: boolean;
  creationDate: number;
  updateDate: number;
  logging: NonNullable<CreateStateMachineInput["loggingConfiguration"]>;
  isTraced: boolean;
  tags: { key: string; value: string }[];
}

/** A definition that executions run, kept after the machine has got another. */
export interface Revision {
  definition: string;
  machineArn: string;
  machineName: string;
  roleArn: string;
  updateDate: number;
  logging: Machine["logging"];
  isTraced: boolean;
}

export interface SfnStore {
  machines: Pick<ReturnType<typeof machinesOf>, "get" | "put" | "delete" | "list">;
  revision(id: string): Revision;
  putRevision(id: string, revision: Revision): void;
  definition(revisionId: string): Definition;
  execution(arn: string): Execution | undefined;
  /** Of one state machine, or of all. */
  executions(machineName?: string): Execution[];
  history(arn: string): HistoryRecord[];
  /** Writes where an execution stands, and the history that led there, as one. */
  write(execution: Execution, events: readonly HistoryRecord[], also?: () => void): void;
  forget(arn: string): void;
}

const machinesOf = (cloud: Cloud) => cloud.store.collection<Machine>("sfn.machines");

export function openSfnStore(cloud: Cloud): SfnStore {
  const { store } = cloud;
  const machines = machinesOf(cloud);
  const revisions = store.collection<Revision>("sfn.revisions");
  const executions = store.collection<Execution>("sfn.executions");
  const histories = store.journal<HistoryRecord>("sfn.history");
  const parsed = new Map<string, Definition>();
  const revision = (id: string) => {
    const found = revisions.get(id);
    if (!found) throw new Error(`The store has no definition ${id}`);
    return found;
  };
  return {
    machines,
    revision,
    putRevision: (id, record) => revisions.put(id, record),
    definition(id) {
      // Checked in full when it was stored.
      const known = parsed.get(id) ?? definitionSchema.parse(JSON.parse(revision(id).definition));
      parsed.set(id, known);
      return known;
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
    forget(arn) {
      store.transaction(() => {
        executions.delete(arn);
        histories.delete(arn);
      });
    },
  };
}
