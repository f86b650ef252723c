import { randomUUID } from "node:crypto";
import { Agent, request } from "node:http";

interface Failure {
  readonly began: number;
  readonly at: number;
  readonly what: string;
  readonly release: string | undefined;
}

/** The requests of all visitors and their failures. */
export interface Visits {
  readonly requests: number;
  readonly failures: readonly Failure[];
  /** Idempotency keys of the writes that were acknowledged. */
  readonly acknowledged: ReadonlySet<string>;
}

interface Visitors {
  /** Time of the last response of a release, in epoch milliseconds. */
  lastResponse(release: string): number | undefined;
  stop(): Promise<Visits>;
}

/** What visitors request; a write has an idempotency key of its own. */
interface Paths {
  readonly read: string;
  readonly write: string;
  /** The body of a write, in JSON. */
  readonly body?: string;
}

const ledger: Paths = { read: "", write: "/write" };
const connections = 10;
const pauseMilliseconds = 100;

/** Keep-alive connections that read and write continuously. */
export function startVisitors(url: string, paths = ledger): Visitors {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const failures: Failure[] = [];
  const acknowledged = new Set<string>();
  const lastResponses = new Map<string, number>();
  let requests = 0;
  const stopping = new AbortController();
  const visit = async (writes: boolean) => {
    const key = randomUUID();
    const began = Date.now();
    requests += 1;
    try {
      const { status, release } = await send(`${url}${writes ? paths.write : paths.read}`, {
        agent,
        ...(writes && { key, body: paths.body }),
      });
      if (release) lastResponses.set(release, Date.now());
      if (writes && status === 201) acknowledged.add(key);
      if (status >= 400)
        failures.push({ began, at: Date.now(), what: `${writes ? "POST" : "GET"} ${status}`, release });
    } catch (error) {
      failures.push({
        began,
        at: Date.now(),
        what: error instanceof Error ? error.message : String(error),
        release: undefined,
      });
    }
  };
  const visitor = async (number: number) => {
    for (let turn = number; !stopping.signal.aborted; turn += 1) {
      await visit(turn % 4 === 0);
      await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds));
    }
  };
  const visitors = Array.from({ length: connections }, (_unused, number) => visitor(number));
  return {
    lastResponse: (release) => lastResponses.get(release),
    async stop() {
      stopping.abort();
      await Promise.all(visitors);
      agent.destroy();
      return { requests, failures, acknowledged };
    },
  };
}

function send(url: string, { agent, key, body }: { agent: Agent; key?: string; body?: string | undefined }) {
  return new Promise<{ status: number; release: string | undefined }>((resolve, reject) => {
    const headers = {
      ...(key !== undefined && { "idempotency-key": key }),
      ...(body !== undefined && { "content-type": "application/json" }),
    };
    const sent = request(url, { agent, method: key === undefined ? "GET" : "POST", headers }, (response) => {
      response.resume();
      response.once("error", reject);
      const header = response.headers["x-release"];
      const release = typeof header === "string" ? header : undefined;
      response.once("end", () => resolve({ status: response.statusCode ?? 0, release }));
    });
    sent.once("error", reject);
    sent.setTimeout(30_000, () => sent.destroy(new Error("no response within 30 s")));
    sent.end(body);
  });
}
