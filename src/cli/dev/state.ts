/** Where `portcullis dev` leaves how its stand-ins are reached, for `portcullis token`; from the project's folder. */
export const DEV_FOLDER = '.wrangler/portcullis';
export const STATE_FILE = `${DEV_FOLDER}/dev.json`;

export interface DevState {
  /** Of the server of the stand-in issuers, on loopback. */
  readonly url: string;
  readonly key: string;
}
