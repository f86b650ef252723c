// How the command line and the page of the console write ids and durations; without anything of Node.js.

/** Enough of a deployment's id to identify it: the commit, and the start of what is different for each deployment of it. */
export function shortId(deployment: string): string {
  const [commit = "", ...rest] = deployment.split("-");
  return rest.length === 0 ? commit : `${commit}-${rest.join("-").slice(0, 4)}`.replace(/-$/, "");
}

/** 4.2 becomes `4 s`, 90 `1 min 30 s`, 7320 `2 h 2 min`. */
export function howLong(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const [minutes, hours] = [Math.floor(whole / 60), Math.floor(whole / 3600)];
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min ${whole % 60} s`;
}
