import type { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import * as z from "zod/mini";
import { withoutCredentials } from "../release/log-tail.ts";
import { toleratedServerErrors } from "./contract.ts";
import { findTargetProblem, type HealthCheck, type ListenerName, readHealthCheck } from "./listener.ts";

/** What a probe of production needs. */
export const probeSettings = z.object({ LOAD_BALANCER_ARN: z.string(), TEST_LISTENER_ARN: z.string() });
export type ProbeSettings = z.infer<typeof probeSettings>;

export function production({ LOAD_BALANCER_ARN, TEST_LISTENER_ARN }: ProbeSettings): ListenerName {
  return { LOAD_BALANCER_ARN, TEST_LISTENER_ARN, listener: "production" };
}

export interface HttpResponse {
  readonly status: number;
  readonly release?: string;
  /** Where it redirects to. */
  readonly location?: string;
  readonly body?: string;
}

export interface ProbeDeps {
  readonly loadBalancing: ElasticLoadBalancingV2Client;
  /** One request with a timeout; throws if there is no response. */
  readonly get: (url: URL) => Promise<HttpResponse>;
  readonly clock: { now(): Date; sleep(milliseconds: number): Promise<void> };
}

export interface Probe extends ListenerName {
  /** The commit expected to respond; any if left out. */
  readonly release?: string;
  /** Errors in a row that end the probe early. A response of another release is not an error: traffic may still be shifting. */
  readonly errorsInARow?: number;
  /** Pause after a response that counts in the alarms. */
  readonly errorPauseMilliseconds?: number;
}

export interface Verdict {
  readonly ok: boolean;
  /** The response, or why there was none. */
  readonly observed: string;
  /** Another release gave an accepted response. */
  readonly otherRelease?: true;
}

export const probeLimits = {
  inARow: 3,
  retryMilliseconds: 100,
  withinMilliseconds: 60_000,
  errorsInARow: 5,
  serverErrors: toleratedServerErrors,
  targetIntervalMilliseconds: 1_000,
  errorPauseMilliseconds: 5_000,
};

/**
 * Sends requests to a listener until enough responses in a row are as expected, or time is up. A request to a target group without
 * a healthy target gets a 502, 503 or 504, which counts in the alarms of the whole load balancer: it is not sent.
 */
export async function probeListener(deps: ProbeDeps, probe: Probe): Promise<Verdict> {
  const check = await readHealthCheck(deps.loadBalancing, probe);
  const until = deps.clock.now().getTime() + probeLimits.withinMilliseconds;
  const isPastDeadline = () => deps.clock.now().getTime() >= until;
  const { errorsInARow = Number.POSITIVE_INFINITY, errorPauseMilliseconds = probeLimits.errorPauseMilliseconds } =
    probe;
  let inARow = 0;
  let errors = 0;
  let serverErrors = 0;
  for (let request = 1; ; ) {
    const problem = inARow === 0 ? await findTargetProblem(deps.loadBalancing, probe) : undefined;
    if (problem) {
      if (isPastDeadline()) return { ok: false, observed: `no request was sent: ${problem.observed}` };
      await deps.clock.sleep(probeLimits.targetIntervalMilliseconds);
      continue;
    }
    const { isServerError, ...verdict } = await send(deps, check, probe.release);
    inARow = verdict.ok ? inARow + 1 : 0;
    errors = verdict.ok || verdict.otherRelease ? 0 : errors + 1;
    if (isServerError) serverErrors += 1;
    const observed = `${verdict.observed} (request ${request++})`;
    if (inARow >= probeLimits.inARow) return { ok: true, observed };
    if (errors >= errorsInARow || serverErrors >= probeLimits.serverErrors || isPastDeadline())
      return { ok: false, observed };
    if (!verdict.ok) await deps.clock.sleep(isServerError ? errorPauseMilliseconds : probeLimits.retryMilliseconds);
  }
}

/** Sends requests to a listener until enough of them have failed. Any release may respond. */
export async function sampleListener(
  deps: ProbeDeps,
  name: ListenerName,
  { requests, failures }: { readonly requests: number; readonly failures: number },
): Promise<Verdict[]> {
  const problem = await findTargetProblem(deps.loadBalancing, name);
  if (problem) return Array.from({ length: failures }, () => ({ ok: false, observed: problem.observed }));
  const check = await readHealthCheck(deps.loadBalancing, name);
  const verdicts: Verdict[] = [];
  while (verdicts.length < requests && verdicts.filter(({ ok }) => !ok).length < failures) {
    const { ok, observed } = await send(deps, check, undefined);
    verdicts.push({ ok, observed });
  }
  return verdicts;
}

async function send(
  deps: ProbeDeps,
  check: HealthCheck,
  release: string | undefined,
): Promise<Verdict & { isServerError: boolean }> {
  try {
    const response = await deps.get(check.url);
    return { ...judge(response, check, release), isServerError: response.status >= 500 };
  } catch (error) {
    const observed = `${describeRequest(check)} was not answered: ${error instanceof Error ? error.message : String(error)}`;
    return { ok: false, observed, isServerError: false };
  }
}

/** An app that does not report its release is judged by the status alone. */
export function judge(response: HttpResponse, check: HealthCheck, release: string | undefined): Verdict {
  const { status, location, release: reported } = response;
  const answer = `${describeRequest(check)} answered ${status}`;
  if (!accepts(check, response)) {
    const where = location === undefined ? "" : ` → ${location}`;
    const excerpt = location === undefined ? excerptOf(response) : "";
    return { ok: false, observed: `${answer}${where}, expected ${check.accept}${excerpt}` };
  }
  const observed = reported === undefined ? answer : `${answer} as release ${reported}`;
  if (release === undefined || reported === undefined || reported === release) return { ok: true, observed };
  return { ok: false, observed: `${observed}, expected ${release}`, otherRelease: true };
}

export const describeRequest = ({ url }: HealthCheck) => `GET ${url.pathname}${url.search}`;

/** Lists and ranges of status codes: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html */
function accepts({ accept }: HealthCheck, { status }: HttpResponse): boolean {
  return accept.split(",").some((range) => {
    const [from, to = from] = range.split("-").map(Number);
    return from !== undefined && to !== undefined && from <= status && status <= to;
  });
}

const excerptLength = 200;

/** The start of the body, as text: an error page says what is wrong. */
function excerptOf({ body = "" }: HttpResponse): string {
  const text = withoutCredentials(
    body
      .replaceAll(/<(script|style)\b[\s\S]*?<\/\1>|<[^>]*>/gi, " ")
      .replaceAll(/\s+/g, " ")
      .trim(),
  );
  return text === "" ? "" : `: ${text.slice(0, excerptLength)}`;
}
