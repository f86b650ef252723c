import type * as z from "zod";
import { maxPrefix } from "../names.ts";
import { pascalCase } from "../pascal-case.ts";

type Context = z.core.$RefinementCtx;

interface Place {
  readonly account?: string | undefined;
  readonly region?: string | undefined;
}

interface Sources {
  readonly source: { readonly github?: { readonly connectionArn: string } | undefined };
  readonly stages: Readonly<Record<string, Place & { readonly connectionArn?: string | undefined }>>;
}

interface TaskSize {
  readonly cpu: 256 | 512 | 1024 | 2048 | 4096;
  readonly memoryMb: number;
}

interface Shift {
  readonly percent: number;
  readonly minutes: number;
}

interface Waits {
  readonly traffic: "all-at-once" | { readonly canary: Shift } | { readonly linear: Shift };
  readonly bakeMinutes: number;
  readonly approval?: { readonly minutes: number } | undefined;
  readonly snapshotMinutes: number;
  readonly migrationMinutes: number;
  readonly heartbeatSeconds: number;
}

interface Names {
  readonly name: string;
  readonly stages: Readonly<Record<string, unknown>>;
}

/**
 * A build reads the repository in its own account and Region, and an event rule receives the pushes of its own:
 * https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectSource.html
 */
export function checkPlaces({ source, stages }: Sources, context: Context): void {
  if (source.github !== undefined) return checkConnections(source.github, stages, context);
  const [[firstName, first] = ["", undefined], ...others] = Object.entries(stages);
  for (const [stageName, other] of others) {
    for (const field of ["account", "region"] as const) {
      if (other[field] === first?.[field]) continue;
      const expected = first?.[field] === undefined ? "no value" : JSON.stringify(first[field]);
      const message = `${expected}, as in stage ${firstName}: the repository and all stages of an app are in one account and Region. For another account or Region, use GitHub, or configure a separate app with its own repository`;
      context.addIssue({ code: "custom", path: ["stages", stageName, field], message });
    }
  }
}

/** A build uses a connection of its own account and Region. */
function checkConnections(
  github: { readonly connectionArn: string },
  stages: Sources["stages"],
  context: Context,
): void {
  for (const [stageName, stage] of Object.entries(stages)) {
    const [, , , region, account] = (stage.connectionArn ?? github.connectionArn).split(":");
    const isElsewhere =
      (stage.region !== undefined && stage.region !== region) ||
      (stage.account !== undefined && stage.account !== account);
    if (!isElsewhere) continue;
    const message = `a connection in the stage's account and Region (${stage.account ?? account}, ${stage.region ?? region})`;
    context.addIssue({ code: "custom", path: ["stages", stageName, "connectionArn"], message });
  }
}

/** Names that AWS would refuse, or that two stages would share. */
export function checkNames({ name, stages }: Names, context: Context): void {
  const byStack = new Map<string, string>();
  if (name === "internal" || name.startsWith("internal-")) {
    // https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
    const message = 'a name that does not start with "internal-", which load balancers may not be named';
    context.addIssue({ code: "custom", path: ["name"], message });
  }
  for (const stageName of Object.keys(stages)) {
    const refuse = (message: string) =>
      context.addIssue({
        code: "invalid_key",
        origin: "record",
        path: ["stages", stageName],
        issues: [{ code: "custom", path: [], message, input: stageName }],
      });
    const longest = maxPrefix - name.length - 1;
    if (stageName.length > longest) {
      refuse(
        `at most ${longest} characters: ${name}-${stageName} has more than the ${maxPrefix} that its target groups leave`,
      );
    }
    const stack = pascalCase(stageName);
    const other = byStack.get(stack);
    if (other !== undefined)
      refuse(`letters and digits that differ from those of ${other}: their stacks are named ${stack}`);
    byStack.set(stack, stageName);
  }
}

/** Memory by CPU units, in MiB: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html */
const memory: Readonly<Record<TaskSize["cpu"], { min: number; max: number }>> = {
  256: { min: 512, max: 2048 },
  512: { min: 1024, max: 4096 },
  1024: { min: 2048, max: 8192 },
  2048: { min: 4096, max: 16_384 },
  4096: { min: 8192, max: 30_720 },
};

export function checkTaskSize({ cpu, memoryMb }: TaskSize, context: Context): void {
  const { min, max } = memory[cpu];
  const isMultiple = cpu === 256 ? [512, 1024, 2048].includes(memoryMb) : memoryMb % 1024 === 0;
  if (isMultiple && memoryMb >= min && memoryMb <= max) return;
  const allowed = cpu === 256 ? "512, 1024 or 2048" : `${min} to ${max} in steps of 1024`;
  const message = `${allowed}, which Fargate supports with a cpu of ${cpu}`;
  context.addIssue({ code: "custom", path: ["memoryMb"], message });
}

/** MaxAttempts of the retrier for States.HeartbeatTimeout in statemachines/deploy.asl.json. */
const maxHeartbeats = 3000;
/** A history has 25,000 events, of which a heartbeat takes four: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const maxHeartbeatsInAll = 5500;
/** Of the 72 hours of the machine (TimeoutSeconds), these remain for the lock, the build and the probes. */
const maxMinutesInAll = 68 * 60;
/** https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html */
const maxShiftMinutes = 2880;

/** A deployment that waits longer than its machine can would fail, and a good release would be rolled back. */
export function checkWaits(stage: Waits, context: Context): void {
  const shift = shiftMinutes(stage.traffic);
  const refuse = (path: string[], message: string) => context.addIssue({ code: "custom", path: [...path], message });
  if (shift > maxShiftMinutes) {
    refuse(["traffic"], `a shift of at most ${maxShiftMinutes} minutes in all; it would take ${shift}`);
  }
  const waits = [
    { path: ["traffic"], minutes: shift },
    { path: ["bakeMinutes"], minutes: stage.bakeMinutes },
    { path: ["approval", "minutes"], minutes: stage.approval?.minutes ?? 0 },
    { path: ["snapshotMinutes"], minutes: stage.snapshotMinutes },
    { path: ["migrationMinutes"], minutes: stage.migrationMinutes },
  ];
  const heartbeats = (minutes: number) => (minutes * 60) / stage.heartbeatSeconds;
  for (const { path, minutes } of waits) {
    if (heartbeats(minutes) <= maxHeartbeats) continue;
    refuse(path, `at most ${maxHeartbeats} heartbeats of waiting; increase heartbeatSeconds or decrease the minutes`);
  }
  const total = waits.reduce((sum, { minutes }) => sum + minutes, 0);
  const limit = Math.min(maxMinutesInAll, Math.floor((maxHeartbeatsInAll * stage.heartbeatSeconds) / 60));
  if (total <= limit) return;
  const [longest] = waits.toSorted((a, b) => b.minutes - a.minutes);
  refuse(
    longest?.path ?? [],
    `a traffic shift, bake, approval, snapshot and migrations of at most ${limit} minutes in all, in which one execution can wait with a heartbeat of ${stage.heartbeatSeconds} s; their sum is ${total}`,
  );
}

function shiftMinutes(traffic: Waits["traffic"]): number {
  if (traffic === "all-at-once") return 0;
  if ("canary" in traffic) return traffic.canary.minutes;
  return traffic.linear.minutes * (Math.ceil(100 / traffic.linear.percent) - 1);
}
