// Only the API that is used here.
declare module "autocannon" {
  interface Result {
    duration: number;
    errors: number;
    non2xx: number;
    requests: { total: number };
    latency: { p99: number };
  }

  export default function autocannon(options: { url: string; connections: number; duration: number }): Promise<Result>;
}
