import { invalidParameter } from "./faults.ts";

/**
 * Terms of a filter pattern: all must be in the line, `-term` must not, of `?a ?b` one must. Case matters.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function filterOf(pattern: string | undefined): (message: string) => boolean {
  const text = pattern?.trim() ?? "";
  if (/^[[{%]/.test(text)) {
    throw invalidParameter(
      `The filter pattern ${text} is not supported by the local cloud. Fix: use terms; JSON, space-delimited and %regex% patterns are not supported.`,
    );
  }
  const terms = [...text.matchAll(/([-?]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)].map(([, sign, quoted, plain]) => ({
    sign,
    text: quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "",
  }));
  const of = (sign: string) => terms.filter((term) => term.sign === sign).map((term) => term.text);
  const [required, excluded, optional] = [of(""), of("-"), of("?")];
  return (message) =>
    required.every((term) => message.includes(term)) &&
    !excluded.some((term) => message.includes(term)) &&
    (optional.length === 0 || required.length > 0 || optional.some((term) => message.includes(term)));
}
