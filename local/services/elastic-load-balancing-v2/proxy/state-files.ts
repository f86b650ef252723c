import { existsSync, readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { proxyConfig, type ProxyConfig } from "./config.ts";

/** What a proxy keeps in its directory so that it can start alone. */
export interface StateFiles {
  readConfig(): ProxyConfig | undefined;
  writeConfig(config: ProxyConfig): Promise<void>;
  readHealthy(): ReadonlySet<string>;
  writeHealthy(targetIds: readonly string[]): Promise<void>;
}

export function stateFiles(directory: string): StateFiles {
  const configFile = path.join(directory, "config.json");
  const healthyFile = path.join(directory, "healthy.json");
  return {
    readConfig: () => (existsSync(configFile) ? proxyConfig.parse(readJson(configFile)) : undefined),
    writeConfig: inTurn((config: ProxyConfig) => replaceFile(configFile, JSON.stringify(config))),
    readHealthy: () => new Set(existsSync(healthyFile) ? z.array(z.string()).parse(readJson(healthyFile)) : []),
    writeHealthy: inTurn((ids: readonly string[]) => replaceFile(healthyFile, JSON.stringify(ids))),
  };
}

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));

/** As the kernel's writeFileAtomic, but without holding up the requests that are on their way meanwhile. */
async function replaceFile(file: string, content: string): Promise<void> {
  const temporary = `${file}.tmp`;
  const handle = await open(temporary, "w", 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}

/** One write after the other: the last one asked for is the one that stays. */
function inTurn<T>(write: (value: T) => Promise<void>): (value: T) => Promise<void> {
  let last = Promise.resolve();
  return (value) => {
    last = last.catch(() => undefined).then(() => write(value));
    return last;
  };
}
