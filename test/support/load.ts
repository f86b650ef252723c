import { request, Agent } from "node:http";
import { randomUUID } from "node:crypto";

export interface LoadResult {
  requests: number;
  failures: string[];
  /** Idempotency keys of the writes that were acknowledged. */
  acknowledged: Set<string>;
  releases: Set<string>;
}

export interface Load {
  stop(): Promise<LoadResult>;
}

/** Pause between requests; without it the load would saturate a small machine. */
const thinkMilliseconds = 300;

/** Keep-alive connections that read and write until stopped. */
export function startLoad(url: string, connections = 50): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const result: LoadResult = { requests: 0, failures: [], acknowledged: new Set(), releases: new Set() };
  const stopping = new AbortController();
  const worker = async (number: number) => {
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      if ((turn + number) % 5 === 0) await write(url, agent, result);
      else await read(url, agent, result);
      await new Promise((resolve) => setTimeout(resolve, thinkMilliseconds));
    }
  };
  const workers = Array.from({ length: connections }, (_unused, number) => worker(number));
  return {
    async stop() {
      stopping.abort();
      await Promise.all(workers);
      agent.destroy();
      return result;
    },
  };
}

async function read(url: string, agent: Agent, result: LoadResult): Promise<void> {
  const { status, release } = await send(`${url}/api/products`, { agent }).catch(failed);
  count(result, status === 200, `GET ${status}`);
  if (release) result.releases.add(release);
}

async function write(url: string, agent: Agent, result: LoadResult): Promise<void> {
  const key = randomUUID();
  const body = JSON.stringify({ name: "Load", email: "load@example.com", items: [{ productId: 1, quantity: 1 }] });
  const headers = { "content-type": "application/json", "idempotency-key": key };
  const { status } = await send(`${url}/api/orders`, { agent, body, headers }).catch(failed);
  count(result, status === 201, `POST ${status}`);
  if (status === 201) result.acknowledged.add(key);
}

function count(result: LoadResult, ok: boolean, what: string): void {
  result.requests += 1;
  if (!ok) result.failures.push(`${new Date().toISOString()} ${what}`);
}

const failed = (error: unknown): Answer => ({ status: error instanceof Error ? error.message : String(error) });

interface Answer {
  status: number | string;
  release?: string;
}

interface Send {
  agent: Agent;
  body?: string;
  headers?: Record<string, string>;
}

function send(url: string, { agent, body, headers = {} }: Send): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method: body ? "POST" : "GET", headers }, (response) => {
      response.resume();
      response.once("error", reject);
      const release = response.headers["x-release"];
      response.once("end", () => resolve({ status: response.statusCode ?? 0, release: String(release) }));
    });
    sent.once("error", reject);
    sent.setTimeout(30_000, () => sent.destroy(new Error("no answer within 30 s")));
    sent.end(body);
  });
}
