import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  type ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";

export interface Answer {
  readonly status: number;
  readonly release?: string;
}

export interface ProbePorts {
  readonly loadBalancing: ElasticLoadBalancingV2Client;
  /** One request, with its own time limit; throws when there is no answer. */
  readonly get: (url: URL) => Promise<Answer>;
  readonly clock: { now(): Date; sleep(milliseconds: number): Promise<void> };
}

export interface Probe {
  readonly listenerArn: string;
  readonly path: string;
  /** The commit that has to answer; nothing is compared when it is not known. */
  readonly release?: string;
  /** So many errors in a row end the probe before its time. An answer of another release is none: traffic may still be moving. */
  readonly errorsInARow?: number;
}

export interface Verdict {
  readonly ok: boolean;
  readonly saw: string;
  /** Another release answered as it should. */
  readonly otherRelease?: true;
}

export const probeLimits = {
  inARow: 3,
  intervalMilliseconds: 100,
  withinMilliseconds: 60_000,
  errorsInARow: 5,
  greenErrorsInARow: 50,
};

/** Asks a listener until enough answers in a row are what they should be, or the time is over. */
export async function probeListener(ports: ProbePorts, probe: Probe): Promise<Verdict> {
  const url = await listenerUrl(ports.loadBalancing, probe);
  const until = ports.clock.now().getTime() + probeLimits.withinMilliseconds;
  const { errorsInARow = Number.POSITIVE_INFINITY } = probe;
  let inARow = 0;
  let errors = 0;
  for (let asked = 1; ; asked++) {
    const verdict = await ask(ports, url, probe.release);
    inARow = verdict.ok ? inARow + 1 : 0;
    errors = verdict.ok || verdict.otherRelease ? 0 : errors + 1;
    const saw = `${url.href} ${verdict.saw} (request ${asked})`;
    if (inARow >= probeLimits.inARow) return { ok: true, saw };
    if (errors >= errorsInARow || ports.clock.now().getTime() >= until) return { ok: false, saw };
    await ports.clock.sleep(probeLimits.intervalMilliseconds);
  }
}

/** Asks a listener so many times, whatever it answers. Any release will do. */
export async function sampleListener(
  ports: ProbePorts,
  probe: Pick<Probe, "listenerArn" | "path">,
  requests: number,
): Promise<Verdict[]> {
  const url = await listenerUrl(ports.loadBalancing, probe);
  const verdicts: Verdict[] = [];
  for (let asked = 1; asked <= requests; asked++) verdicts.push(await ask(ports, url, undefined));
  return verdicts;
}

async function ask(ports: ProbePorts, url: URL, release: string | undefined): Promise<Verdict> {
  try {
    return judge(await ports.get(url), release);
  } catch (error) {
    return { ok: false, saw: `did not answer: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** An app that does not tell its release is judged by the status alone. */
export function judge(answer: Answer, release: string | undefined): Verdict {
  const told = answer.release === undefined ? "" : ` as release ${answer.release}`;
  const saw = `answered ${answer.status}${told}`;
  if (answer.status !== 200) return { ok: false, saw: `${saw}, expected 200` };
  if (release === undefined || answer.release === undefined || answer.release === release) return { ok: true, saw };
  return { ok: false, saw: `${saw}, expected ${release}`, otherRelease: true };
}

/** The address comes from the load balancer, never from input. */
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
  if (!host || !Port) throw new Error(`Listener ${listenerArn} has no address`);
  return new URL(path, `${Protocol === "HTTPS" ? "https" : "http"}://${host}:${Port}`);
}
