const MINUTE_MS = 60_000;

/**
 * Has the cron of a Worker in `wrangler dev`, which keeps no time, come at once and each minute from then on, as
 * `crons = ["* * * * *"]` says. One that does not come is tried again with the next. Returns how to end it.
 */
export function startCron(workerUrl: string): () => void {
  const come = () => void fetch(`${workerUrl}/cdn-cgi/handler/scheduled`).catch(() => undefined);
  come();
  const timer = setInterval(come, MINUTE_MS);
  return () => clearInterval(timer);
}
