/** as AWS, in this order: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-steps-ecs.html */
export const eventNames = [
  "BeforeInstall",
  "Install",
  "AfterInstall",
  "AllowTestTraffic",
  "AfterAllowTestTraffic",
  "BeforeAllowTraffic",
  "AllowTraffic",
  "AfterAllowTraffic",
] as const;

export type EventName = (typeof eventNames)[number];

/** Events in which a function of the AppSpec is asked. */
export const hookNames = [
  "BeforeInstall",
  "AfterInstall",
  "AfterAllowTestTraffic",
  "BeforeAllowTraffic",
  "AfterAllowTraffic",
] as const satisfies readonly EventName[];

export type HookName = (typeof hookNames)[number];

export const isHook = (name: EventName): name is HookName => hookNames.some((hook) => hook === name);

export interface LifecycleEvent {
  name: EventName;
  status: "Pending" | "InProgress" | "Succeeded" | "Failed" | "Skipped";
  startedAt?: number;
  endedAt?: number;
  /** Why it failed. */
  message?: string;
  /** Under which the event's function reports. */
  hookExecutionId?: string;
}

type Events = readonly LifecycleEvent[];

/** as AWS: without a test listener its two events are skipped. */
export function newEvents({ hasTestListener }: { hasTestListener: boolean }): LifecycleEvent[] {
  return eventNames.map((name) => ({
    name,
    status: !hasTestListener && /TestTraffic$/.test(name) ? "Skipped" : "Pending",
  }));
}

/** The event to be worked on; undefined when all have been. */
export function currentEvent(events: Events): LifecycleEvent | undefined {
  return events.find(({ status }) => status === "Pending" || status === "InProgress");
}

export function hasBegun(events: Events, name: EventName): boolean {
  const status = events.find((event) => event.name === name)?.status;
  return status !== undefined && status !== "Pending" && status !== "Skipped";
}

export const hasSucceeded = (events: Events, name: EventName): boolean =>
  events.some((event) => event.name === name && event.status === "Succeeded");

export function withEvent(events: Events, name: EventName, change: Partial<LifecycleEvent>): LifecycleEvent[] {
  return events.map((event) => (event.name === name ? { ...event, ...change } : event));
}

/** What is left of the events when a deployment ends before its time. */
export function closeEvents(events: Events, now: number, message: string): LifecycleEvent[] {
  return events.map((event) => {
    if (event.status === "InProgress") return { ...event, status: "Failed", endedAt: now, message };
    return event.status === "Pending" ? { ...event, status: "Skipped" } : event;
  });
}
