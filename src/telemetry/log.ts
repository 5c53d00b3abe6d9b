/** Writes one JSON line. Never throws: a log line is not worth a request. */
export const log = (event: object): void => {
  try {
    console.log(JSON.stringify(event));
  } catch {
    console.log('{"event":"log_failed","level":"error"}');
  }
};
