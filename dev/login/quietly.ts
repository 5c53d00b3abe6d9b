/** `oidc-provider` says on the console, each time, that its in-memory store is not for production. */
export function quietly<T>(make: () => T): T {
  const { info, warn } = console;
  console.info = console.warn = () => {};
  try {
    return make();
  } finally {
    console.info = info;
    console.warn = warn;
  }
}
