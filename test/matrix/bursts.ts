import type { World } from "./world.ts";

export interface Burst {
  readonly pushes: number;
  readonly deployed: number;
  readonly superseded: number;
  readonly seconds: number;
  readonly problem?: string;
}

/** Pushes as fast as git can: each deployment ends, the newest commit is live, and no older one was deployed after a newer one. */
export async function bursts(world: World): Promise<Burst[]> {
  const results: Burst[] = [];
  for (const pushes of [2, 10, 50]) {
    const result = await burst(world, pushes);
    results.push(result);
    console.log(
      `${pushes} pushes at once: ${result.deployed} deployed, ${result.superseded} superseded, ${result.seconds} s${result.problem ? ` ✗ ${result.problem}` : ""}`,
    );
  }
  return results;
}

export async function burst(world: World, pushes: number): Promise<Burst> {
  const began = Date.now();
  const commits: string[] = [];
  for (let number = 0; number < pushes; number++) commits.push(await world.push({}));
  const newest = commits.at(-1) ?? "";
  await world.finished(newest);
  const records = await world.until("every deployment has ended", async () => {
    const all = await Promise.all(commits.map((commit) => world.record(commit)));
    const ended = all.flatMap((record) => (record && record.status !== "running" ? [record] : []));
    return ended.length === pushes ? ended : undefined;
  });
  const count = (status: string) => records.filter((record) => record.status === status).length;
  const deployed = records.filter(({ status }) => status === "succeeded");
  const generations = deployed.map(({ generation = 0 }) => generation);
  const problems = [
    (await world.servedCommit()) !== newest && "the newest is not live",
    count("failed") > 0 && `${count("failed")} failed`,
    generations.some((generation, index) => generation < (generations[index - 1] ?? 0)) &&
      "an older commit was deployed after a newer one",
    (await world.lock()).holder !== undefined && "the lock is held",
    (await world.running()) > 0 && "an execution is still running",
  ].filter((problem) => problem !== false);
  return {
    pushes,
    deployed: deployed.length,
    superseded: count("superseded"),
    seconds: Math.round((Date.now() - began) / 1000),
    ...(problems.length > 0 && { problem: problems.join("; ") }),
  };
}
