import type { World } from "./world.ts";

export interface Burst {
  readonly pushes: number;
  readonly deployed: number;
  readonly superseded: number;
  readonly seconds: number;
  readonly problem?: string;
}

/** Pushes as fast as git can: each has a fate, the newest is live, and no older one came after a newer one. */
export async function bursts(world: World): Promise<Burst[]> {
  const found: Burst[] = [];
  for (const pushes of [2, 10, 50]) {
    const one = await burst(world, pushes);
    found.push(one);
    console.log(
      `${pushes} pushes at once: ${one.deployed} deployed, ${one.superseded} superseded, ${one.seconds} s${one.problem ? ` ✗ ${one.problem}` : ""}`,
    );
  }
  return found;
}

export async function burst(world: World, pushes: number): Promise<Burst> {
  const began = Date.now();
  const commits: string[] = [];
  for (let number = 0; number < pushes; number++) commits.push(await world.push({}));
  const newest = commits.at(-1) ?? "";
  await world.settled(newest);
  const records = await world.until("every push has a fate", async () => {
    const all = await Promise.all(commits.map((commit) => world.record(commit)));
    const settled = all.flatMap((record) => (record && record.status !== "running" ? [record] : []));
    return settled.length === pushes ? settled : undefined;
  });
  const count = (status: string) => records.filter((record) => record.status === status).length;
  const deployed = records.filter(({ status }) => status === "succeeded");
  const generations = deployed.map(({ generation = 0 }) => generation);
  const problems = [
    (await world.serves()) !== newest && "the newest is not live",
    count("failed") > 0 && `${count("failed")} failed`,
    generations.some((generation, index) => generation < (generations[index - 1] ?? 0)) &&
      "an older one came after a newer one",
    (await world.lock()).holder !== undefined && "the lock is held",
    (await world.running()) > 0 && "an execution still runs",
  ].filter((problem) => problem !== false);
  return {
    pushes,
    deployed: deployed.length,
    superseded: count("superseded"),
    seconds: Math.round((Date.now() - began) / 1000),
    ...(problems.length > 0 && { problem: problems.join("; ") }),
  };
}
