import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { promisify } from 'node:util';

/** A server listens there already, on this address or on all. */
export async function isTaken(port: number, ip: string): Promise<boolean> {
  return (await answers(port)) || !(await canBind(port, ip));
}

/** Who listens there, as far as `lsof` is installed and may tell: "workerd (process 4711)". */
export async function listenerOn(port: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']);
    const [, process, command] = /^p(\d+)\nc(.+)$/m.exec(stdout) ?? [];
    return command === undefined ? undefined : `${command} (process ${process})`;
  } catch {
    return undefined;
  }
}

async function canBind(port: number, ip: string): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, ip), 'listening');
    await new Promise((resolve) => server.close(resolve));
    return true;
  } catch {
    return false;
  }
}

/** Some systems let one bind to loopback beside a server that holds all addresses. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
