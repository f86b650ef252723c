import type { TaskStopCode } from "@aws-sdk/client-ecs";

export type TaskStatus =
  | "PROVISIONING"
  | "PENDING"
  | "ACTIVATING"
  | "RUNNING"
  | "DEACTIVATING"
  | "STOPPING"
  | "DEPROVISIONING"
  | "STOPPED";

export interface NetworkRecord {
  subnets: string[];
  securityGroups: string[];
  assignPublicIp: "ENABLED" | "DISABLED";
}

export interface LoadBalancerRecord {
  targetGroupArn: string;
  containerName: string;
  containerPort: number;
}

export interface ContainerRecord {
  name: string;
  image: string;
  essential: boolean;
  lastStatus: "PENDING" | "RUNNING" | "STOPPED";
  imageDigest?: string;
  exitCode?: number;
  reason?: string;
  /** Port on this machine by container port. */
  ports: Record<string, number>;
}

export interface TaskOverrides {
  containers: { name: string; command?: string[]; environment: { name: string; value: string }[] }[];
  taskRoleArn?: string;
  executionRoleArn?: string;
}

export interface TaskRecord {
  id: string;
  cluster: string;
  taskDefinitionArn: string;
  group: string;
  startedBy?: string;
  /** Key of the task set that the task belongs to. */
  taskSet?: string;
  network: NetworkRecord;
  loadBalancers: LoadBalancerRecord[];
  overrides: TaskOverrides;
  tags: { key: string; value: string }[];
  lastStatus: TaskStatus;
  desiredStatus: "RUNNING" | "STOPPED";
  version: number;
  containers: ContainerRecord[];
  /** Whether it was ever healthy: a task that stops without having been is a failed start. */
  wasSteady: boolean;
  createdAt: number;
  pullStartedAt?: number;
  pullStoppedAt?: number;
  startedAt?: number;
  /** When the stop was requested. */
  stoppingAt?: number;
  /** When SIGTERM was sent: `stopTimeout` counts from here. */
  signalledAt?: number;
  executionStoppedAt?: number;
  stoppedAt?: number;
  stopCode?: TaskStopCode;
  stoppedReason?: string;
}

export type TaskChange =
  | { kind: "provisioned"; ports: Record<string, Record<string, number>> }
  | { kind: "activating" }
  | { kind: "pulled"; digests: Record<string, string> }
  | { kind: "running" }
  | { kind: "stop requested"; code: TaskStopCode; reason: string }
  | { kind: "container exited"; name: string; exitCode: number }
  | { kind: "deactivating" }
  | { kind: "stopping" }
  | { kind: "deprovisioning" }
  | { kind: "stopped" };

/** The states in which a change may happen: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html */
const origins: Readonly<Record<TaskChange["kind"], readonly TaskStatus[]>> = {
  provisioned: ["PROVISIONING"],
  activating: ["PENDING"],
  pulled: ["ACTIVATING"],
  running: ["ACTIVATING"],
  "stop requested": ["PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING"],
  "container exited": ["ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING"],
  deactivating: ["ACTIVATING", "RUNNING"],
  stopping: ["DEACTIVATING"],
  deprovisioning: ["PROVISIONING", "PENDING", "ACTIVATING", "STOPPING"],
  stopped: ["DEPROVISIONING"],
};

class ImpossibleTaskChange extends Error {
  override readonly name = "ImpossibleTaskChange";
}

/** The task after a change; the same object when nothing changed. */
export function applyChange(task: TaskRecord, change: TaskChange, now: number): TaskRecord {
  if (!origins[change.kind].includes(task.lastStatus))
    throw new ImpossibleTaskChange(`Invalid change "${change.kind}" of task ${task.id} in ${task.lastStatus}.`);
  // The first reason to stop is kept.
  if (change.kind === "stop requested" && task.desiredStatus === "STOPPED") return task;
  const containers = task.containers.map((each) => ({ ...each, ...containerAfter(each, change) }));
  return { ...task, ...statusAfter(change, now), containers, version: task.version + 1 };
}

function statusAfter(change: TaskChange, now: number): Partial<TaskRecord> {
  if (change.kind === "stop requested")
    return { desiredStatus: "STOPPED", stoppingAt: now, stopCode: change.code, stoppedReason: change.reason };
  const after: Readonly<Record<Exclude<TaskChange["kind"], "stop requested">, Partial<TaskRecord>>> = {
    provisioned: { lastStatus: "PENDING" },
    activating: { lastStatus: "ACTIVATING", pullStartedAt: now },
    pulled: { pullStoppedAt: now },
    running: { lastStatus: "RUNNING", startedAt: now },
    "container exited": {},
    deactivating: { lastStatus: "DEACTIVATING" },
    stopping: { lastStatus: "STOPPING", signalledAt: now },
    deprovisioning: { lastStatus: "DEPROVISIONING", executionStoppedAt: now },
    stopped: { lastStatus: "STOPPED", stoppedAt: now },
  };
  return after[change.kind];
}

function containerAfter(container: ContainerRecord, change: TaskChange): Partial<ContainerRecord> {
  const { name, lastStatus } = container;
  if (change.kind === "provisioned") return { ports: change.ports[name] ?? {} };
  if (change.kind === "pulled") return change.digests[name] ? { imageDigest: change.digests[name] } : {};
  if (change.kind === "running") return lastStatus === "PENDING" ? { lastStatus: "RUNNING" } : {};
  if (change.kind === "deprovisioning") return { lastStatus: "STOPPED" };
  const hasExited = change.kind === "container exited" && change.name === name && lastStatus !== "STOPPED";
  return hasExited ? { lastStatus: "STOPPED", exitCode: change.exitCode } : {};
}
