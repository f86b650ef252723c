import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  type ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import * as z from "zod/mini";

/** What a probe of production needs. */
export const probeSettings = z.object({ LISTENER_ARN: z.string(), HEALTH_PATH: z.string() });
export type ProbeSettings = z.infer<typeof probeSettings>;

export interface HttpResponse {
  readonly status: number;
  readonly release?: string;
}

export interface ProbeDeps {
  readonly loadBalancing: ElasticLoadBalancingV2Client;
  /** One request with a timeout; throws if there is no response. */
  readonly get: (url: URL) => Promise<HttpResponse>;
  readonly clock: { now(): Date; sleep(milliseconds: number): Promise<void> };
}

export interface Probe {
  readonly listenerArn: string;
  readonly path: string;
  /** The commit expected to respond; any if left out. */
  readonly release?: string;
  /** Errors in a row that end the probe early. A response of another release is not an error: traffic may still be shifting. */
  readonly errorsInARow?: number;
}

export interface Verdict {
  readonly ok: boolean;
  /** The response, or why there was none. */
  readonly observed: string;
  /** Another release responded with status 200. */
  readonly otherRelease?: true;
}

export const probeLimits = {
  inARow: 3,
  intervalMilliseconds: 100,
  withinMilliseconds: 60_000,
  errorsInARow: 5,
  greenErrorsInARow: 50,
};

/** Sends requests to a listener until enough responses in a row are as expected, or time is up. */
export async function probeListener(deps: ProbeDeps, probe: Probe): Promise<Verdict> {
  const url = await listenerUrl(deps.loadBalancing, probe);
  const until = deps.clock.now().getTime() + probeLimits.withinMilliseconds;
  const { errorsInARow = Number.POSITIVE_INFINITY } = probe;
  let inARow = 0;
  let errors = 0;
  for (let request = 1; ; request++) {
    const verdict = await send(deps, url, probe.release);
    inARow = verdict.ok ? inARow + 1 : 0;
    errors = verdict.ok || verdict.otherRelease ? 0 : errors + 1;
    const observed = `${url.href} ${verdict.observed} (request ${request})`;
    if (inARow >= probeLimits.inARow) return { ok: true, observed };
    if (errors >= errorsInARow || deps.clock.now().getTime() >= until) return { ok: false, observed };
    await deps.clock.sleep(probeLimits.intervalMilliseconds);
  }
}

/** Sends a number of requests to a listener. Any release may respond. */
export async function sampleListener(
  deps: ProbeDeps,
  probe: Pick<Probe, "listenerArn" | "path">,
  requests: number,
): Promise<Verdict[]> {
  const url = await listenerUrl(deps.loadBalancing, probe);
  const verdicts: Verdict[] = [];
  for (let request = 1; request <= requests; request++) verdicts.push(await send(deps, url, undefined));
  return verdicts;
}

async function send(deps: ProbeDeps, url: URL, release: string | undefined): Promise<Verdict> {
  try {
    return judge(await deps.get(url), release);
  } catch (error) {
    return { ok: false, observed: `did not respond: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** An app that does not report its release is judged by the status alone. */
export function judge({ status, release: reported }: HttpResponse, release: string | undefined): Verdict {
  const observed = `responded ${status}${reported === undefined ? "" : ` as release ${reported}`}`;
  if (status !== 200) return { ok: false, observed: `${observed}, expected 200` };
  if (release === undefined || reported === undefined || reported === release) return { ok: true, observed };
  return { ok: false, observed: `${observed}, expected ${release}`, otherRelease: true };
}

/** The address is read from the load balancer, never from input. */
async function listenerUrl(
  loadBalancing: ElasticLoadBalancingV2Client,
  { listenerArn, path }: Pick<Probe, "listenerArn" | "path">,
): Promise<URL> {
  const { Listeners = [] } = await loadBalancing.send(new DescribeListenersCommand({ ListenerArns: [listenerArn] }));
  const { LoadBalancerArn = "", Port, Protocol } = Listeners[0] ?? {};
  const { LoadBalancers = [] } = await loadBalancing.send(
    new DescribeLoadBalancersCommand({ LoadBalancerArns: [LoadBalancerArn] }),
  );
  const host = LoadBalancers[0]?.DNSName;
  if (!host || !Port) throw new Error(`Listener ${listenerArn} has no address or port`);
  return new URL(path, `${Protocol === "HTTPS" ? "https" : "http"}://${host}:${Port}`);
}
