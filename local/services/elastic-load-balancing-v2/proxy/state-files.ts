import { existsSync, readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { proxyConfig, type ProxyConfig } from "./config.ts";

/** Files in the directory of a proxy, to start without the control plane. */
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
    writeConfig: sequentially((config: ProxyConfig) => replaceFile(configFile, JSON.stringify(config))),
    readHealthy: () => new Set(existsSync(healthyFile) ? z.array(z.string()).parse(readJson(healthyFile)) : []),
    writeHealthy: sequentially((ids: readonly string[]) => replaceFile(healthyFile, JSON.stringify(ids))),
  };
}

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));

/** As writeFileAtomic of the kernel, but without blocking requests meanwhile. */
async function replaceFile(target: string, content: string): Promise<void> {
  const temporary = `${target}.tmp`;
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, target);
}

/** Runs writes sequentially, so that the latest value wins. */
function sequentially<T>(write: (value: T) => Promise<void>): (value: T) => Promise<void> {
  let last = Promise.resolve();
  return (value) => {
    last = last.catch(() => undefined).then(() => write(value));
    return last;
  };
}
