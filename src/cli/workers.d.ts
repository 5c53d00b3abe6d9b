/** What the gateway's sources use of the Workers runtime and Node does not declare: the command line runs them offline. */
interface Fetcher {
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}
interface Response {
  readonly webSocket?: object | null;
}
interface RequestInit {
  cf?: object;
}
