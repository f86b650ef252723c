import * as z from "zod/mini";
import type { GitHub } from "../core/github.ts";
import type { Repository } from "./repository.ts";

const reference = z.object({ object: z.object({ sha: z.string() }) });
const commit = z.object({
  sha: z.string(),
  parents: z.array(z.object({ sha: z.string() })),
  commit: z.object({ message: z.string(), author: z.nullable(z.object({ name: z.optional(z.string()) })) }),
});
/** https://docs.github.com/en/rest/repos/contents#get-repository-content: of files up to 1 MB. */
const fileContent = z.object({ content: z.string() });
const comparison = z.object({
  status: z.enum(["diverged", "ahead", "behind", "identical"]),
  files: z.optional(z.array(z.object({ filename: z.string(), previous_filename: z.optional(z.string()) }))),
});

/** https://docs.github.com/en/rest/commits/commits#compare-two-commits: no more files are listed. */
const maxFiles = 300;

export function gitHubRepository(github: GitHub, name: string): Repository {
  const get = async <Shape extends z.ZodMiniType>(path: string, shape: Shape): Promise<z.output<Shape> | undefined> => {
    const body = await github.request("GET", `/repos/${name}${path}`);
    return body === undefined ? undefined : z.parse(shape, body);
  };
  return {
    name,
    head: async (branch) => (await get(`/git/ref/heads/${encodePath(branch)}`, reference))?.object.sha,
    async commit(ref) {
      const answer = await get(`/commits/${encodeURIComponent(ref)}`, commit);
      if (!answer) return undefined;
      const {
        sha: id,
        parents,
        commit: { author, message },
      } = answer;
      return { id, author: author?.name, message, parent: parents[0]?.sha };
    },
    async readFile(id, path) {
      const answer = await get(`/contents/${encodePath(path)}?ref=${id}`, fileContent);
      return answer && Buffer.from(answer.content, "base64").toString("utf8");
    },
    hasFile: async (id, path) => (await get(`/contents/${encodePath(path)}?ref=${id}`, z.unknown())) !== undefined,
    async changes(from, to) {
      const answer = await get(`/compare/${from}...${to}`, comparison);
      const { status, files = [] } = answer ?? {};
      // Compared with their common ancestor: after a forced push the list says nothing about what differs.
      const isComplete = (status === "ahead" || status === "identical") && files.length < maxFiles;
      const paths = files.flatMap(({ filename, previous_filename: previous }) =>
        previous === undefined ? [filename] : [filename, previous],
      );
      return { isBehind: status === "behind", paths: isComplete ? paths : undefined };
    },
  };
}

const encodePath = (path: string) => path.split("/").map(encodeURIComponent).join("/");
