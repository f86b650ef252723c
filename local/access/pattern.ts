/** IAM's wildcards: `*` is any run of characters, `?` any one. Takes time in proportion to both lengths at worst, whatever the pattern. */
export function matchesPattern(pattern: string, value: string, options: { ignoreCase?: boolean } = {}): boolean {
  const [wanted, text] = options.ignoreCase ? [pattern.toLowerCase(), value.toLowerCase()] : [pattern, value];
  let at = 0;
  let next = 0;
  let star = -1;
  let starAt = 0;
  while (next < text.length) {
    if (wanted[at] === "*") {
      star = at++;
      starAt = next;
    } else if (at < wanted.length && (wanted[at] === "?" || wanted[at] === text[next])) {
      at += 1;
      next += 1;
    } else if (star >= 0) {
      at = star + 1;
      next = ++starAt;
    } else return false;
  }
  while (wanted[at] === "*") at += 1;
  return at === wanted.length;
}
