/** The gateway's own endpoints (health, status) live below this path; it is never proxied and no route may claim it. */
export const OWN_PATH = '/.portcullis';
