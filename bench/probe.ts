import { Agent, get } from "node:http";

export interface ProbeResult {
  sent: number;
  failed: number;
  /** Longest time between the sending of two successful probes, in seconds. */
  longestGap: number;
  releases: Set<string>;
}

export interface Probe {
  stop(): Promise<ProbeResult>;
}

const everyMs = 10;
const timeoutMs = 5000;

/** Opens a new connection every 10 ms, regardless of earlier requests: a slow response does not delay the next probe. */
export function startProbe(url: string): Probe {
  const answered: number[] = [];
  const result: ProbeResult = { sent: 0, failed: 0, longestGap: 0, releases: new Set() };
  const open = new Set<Promise<void>>();
  const begun = performance.now();
  const note = async (at: number) => {
    try {
      result.releases.add(await ask(url));
      answered.push(at);
    } catch {
      result.failed += 1;
    }
  };
  const send = () => {
    result.sent += 1;
    const at = performance.now();
    const probe = note(at);
    open.add(probe);
    void probe.finally(() => open.delete(probe));
  };
  // The number of probes follows the clock, so that a late timer is compensated.
  const timer = setInterval(() => {
    while (result.sent * everyMs < performance.now() - begun) send();
  }, everyMs);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      const times = answered.toSorted((a, b) => a - b);
      const gaps = times.map((time, index) => time - (times[index - 1] ?? time));
      return { ...result, longestGap: Math.max(0, ...gaps) / 1000 };
    },
  };
}

function ask(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(`${url}/api/products`, { agent: new Agent({ keepAlive: false }) }, (response) => {
      response.resume();
      response.once("error", reject);
      response.once("end", () => {
        if (response.statusCode === 200) resolve(String(response.headers["x-release"]));
        else reject(new Error(`HTTP status ${response.statusCode}`));
      });
    });
    request.once("error", reject);
    request.setTimeout(timeoutMs, () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)));
  });
}
