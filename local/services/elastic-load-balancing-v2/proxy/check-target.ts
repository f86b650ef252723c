import { request } from "node:http";
import type { HealthCheckConfig } from "./config.ts";
import { codeMatcher, type CheckResult } from "./health.ts";

interface Address {
  host: string;
  port: number;
}

/** Asks a target once whether it is well, on a connection of its own. */
export function checkTarget({ host, port }: Address, check: HealthCheckConfig): Promise<CheckResult> {
  const checkedPort = check.port ?? port;
  return new Promise((resolve) => {
    const asked = request({
      host,
      port: checkedPort,
      path: check.path,
      agent: false,
      signal: AbortSignal.timeout(check.timeout),
      headers: { Host: `${host}:${checkedPort}`, "User-Agent": "ELB-HealthChecker/2.0", Connection: "close" },
    });
    asked.once("error", (error) => resolve(failure(error)));
    asked.once("response", (response) => {
      const status = response.statusCode ?? 0;
      response.once("error", (error) => resolve(failure(error)));
      response.once("end", () => resolve(verdict(status, check.matcher)));
      response.resume();
    });
    asked.end();
  });
}

function verdict(status: number, matcher: string): CheckResult {
  if (codeMatcher(matcher)(status)) return { ok: true };
  const description = `Health checks failed with these codes: [${status}]`;
  return { ok: false, reason: "Target.ResponseCodeMismatch", description };
}

function failure(error: Error): CheckResult {
  return error.name === "AbortError" || error.name === "TimeoutError"
    ? { ok: false, reason: "Target.Timeout", description: "Request timed out" }
    : { ok: false, reason: "Target.FailedHealthChecks", description: "Health checks failed" };
}
