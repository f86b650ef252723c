/** IAM's wildcards: `*` matches any characters, `?` exactly one. At worst linear in the product of both lengths. */
export function matchesPattern(pattern: string, value: string, options: { ignoreCase?: boolean } = {}): boolean {
  const [glob, text] = options.ignoreCase ? [pattern.toLowerCase(), value.toLowerCase()] : [pattern, value];
  let at = 0;
  let next = 0;
  let star = -1;
  let starAt = 0;
  while (next < text.length) {
    if (glob[at] === "*") {
      star = at++;
      starAt = next;
    } else if (at < glob.length && (glob[at] === "?" || glob[at] === text[next])) {
      at += 1;
      next += 1;
    } else if (star >= 0) {
      at = star + 1;
      next = ++starAt;
    } else return false;
  }
  while (glob[at] === "*") at += 1;
  return at === glob.length;
}
