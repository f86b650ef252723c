import { DescribeTargetGroupsCommand, DescribeTargetHealthCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { DeploymentRecord } from "../../core/record.ts";
import type { HealthCheck } from "../../traffic/listener.ts";
import { describeRequest, judge, type ProbeDeps } from "../../traffic/probing.ts";
import type { RunningTask } from "./contract.ts";

export type Answer = NonNullable<DeploymentRecord["greenAnswer"]>;

interface TargetState {
  readonly host: string;
  readonly port: number;
  readonly state: string;
}

export async function targetOf(
  { loadBalancing }: ProbeDeps,
  TargetGroupArn: string,
  { containers }: RunningTask,
): Promise<TargetState | undefined> {
  const addresses = containers.flatMap(({ networkInterfaces = [] }) =>
    networkInterfaces.map(({ privateIpv4Address }) => privateIpv4Address),
  );
  // With an address of its own, a task has no bindings.
  const ports = containers.flatMap(({ networkBindings = [] }) => networkBindings.map(({ hostPort }) => hostPort));
  const { TargetHealthDescriptions = [] } = await loadBalancing.send(
    new DescribeTargetHealthCommand({ TargetGroupArn }),
  );
  for (const { Target: { Id: host, Port: port } = {}, TargetHealth } of TargetHealthDescriptions) {
    if (host === undefined || port === undefined || TargetHealth?.State === "draining") continue;
    if (addresses.includes(host) && (ports.length === 0 || ports.includes(port)))
      return { host, port, state: TargetHealth?.State ?? "initial" };
  }
  return undefined;
}

/** The request of the load balancer's health check, sent to the task. `undefined` if the answer is good by now; without a status if there is none. */
export async function request(
  deps: ProbeDeps,
  group: string,
  { host, port }: TargetState,
): Promise<(Omit<Answer, "task"> & { readonly status?: number }) | undefined> {
  const { TargetGroups = [] } = await deps.loadBalancing.send(
    new DescribeTargetGroupsCommand({ TargetGroupArns: [group] }),
  );
  const { HealthCheckPath: path = "/", Matcher: { HttpCode: accept = "200" } = {} } = TargetGroups[0] ?? {};
  const check: HealthCheck = { url: new URL(path, `http://${host}:${port}`), accept };
  const at = deps.clock.now().toISOString();
  try {
    const response = await deps.get(check.url);
    const { ok, observed } = judge(response, check, undefined);
    return ok ? undefined : { observed, at, status: response.status };
  } catch (error) {
    const isRefused = error instanceof Error && "code" in error && error.code === "ECONNREFUSED";
    const reason = error instanceof Error ? error.message : String(error);
    const observed = `${describeRequest(check)} was not answered: ${reason}`;
    return { observed, at, ...(isRefused && { refusedPort: port }) };
  }
}
