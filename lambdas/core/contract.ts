/** Ports of the load balancer. Production is served on `https` if the stage has a certificate, otherwise on `http`. */
export const listenerPorts = { http: 80, https: 443, test: 9000 } as const;

/** Index of the stage's table that orders the deployments by `createdAt`: an id does not say when a deployment started. */
export const deploymentsByTime = "deployments-by-time";

/** Of the alarms that trigger a rollback: their names are `<app>-<stage>-<kind>`. */
export const alarmKinds = [
  "errors-blue",
  "errors-green",
  "latency-blue",
  "latency-green",
  "unhealthy-blue",
  "unhealthy-green",
  "errors-balancer",
  "failed-checks",
] as const;
export type AlarmKind = (typeof alarmKinds)[number];
