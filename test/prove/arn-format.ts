/** What a variable does not contain: the rest of an ARN, the object of a bucket, the stream of a log group. */
const ends: Readonly<Record<string, string>> = {
  Partition: ":",
  Region: ":",
  Account: ":",
  BucketName: "/",
  LogGroupName: ":",
};

interface Variable {
  end: string | undefined;
}

/** Is there an ARN of the format (`arn:${Partition}:s3:::${BucketName}`) that the pattern of a policy (`*`, `?`) matches? */
export function matchesFormat(pattern: string, format: string): boolean {
  const tokens: (string | Variable)[] = [...format.matchAll(/\$\{(\w+)\}|[^]/g)].map(([character, name]) =>
    name === undefined ? character : { end: ends[name] },
  );
  const known = new Map<number, boolean>();
  const search = (at: number, token: number): boolean => {
    const character = pattern[at];
    const expected = tokens[token];
    if (character === undefined) return expected === undefined;
    if (character === "*") return matches(at + 1, token) || (expected !== undefined && matches(at, token + 1));
    if (expected === undefined) return false;
    if (typeof expected === "string")
      return (character === "?" || character === expected) && matches(at + 1, token + 1);
    return character !== expected.end && (matches(at + 1, token) || matches(at + 1, token + 1));
  };
  const matches = (at: number, token: number): boolean => {
    const key = at * (tokens.length + 1) + token;
    const result = known.get(key) ?? search(at, token);
    known.set(key, result);
    return result;
  };
  return matches(0, 0);
}
