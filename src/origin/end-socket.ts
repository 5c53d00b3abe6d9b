import { type EndCause, type TokenLife, watchToken } from './watch-token.ts';

/** RFC 6455 §7.4.1. */
const POLICY_VIOLATION = 1008;
const GOING_AWAY = 1001;
const INTERNAL_ERROR = 1011;
/** IANA's registry of close codes. */
const TRY_AGAIN_LATER = 1013;
/** Not in any frame: "no code was sent", "there was no close frame". */
const NO_STATUS = 1005;
const ABNORMAL = 1006;

/**
 * A handshake's response whose connection goes on no longer than the token's life: then both sides get a close frame
 * with 1008, or with 1013 when it cannot be told whether the token is still good. Messages pass both ways as they
 * are, text or binary, and so do close codes and reasons; who vanished without one is told of with 1001 to the origin
 * and 1011 to the client. After the end nothing passes, whether or not the other side answers the close frame.
 *
 * The runtime offers no way to wait for a slow side: what it has not read yet is kept in the isolate's memory.
 */
export function endSocket(
  response: Response,
  origin: WebSocket,
  life: TokenLife,
  onEnd: (cause: EndCause) => void,
): Response {
  const { 0: outer, 1: client } = new WebSocketPair();
  for (const socket of [origin, client]) {
    socket.binaryType = 'arraybuffer';
    socket.accept();
  }
  const stop = watchToken(life, (cause) => {
    const code = cause === 'unknown' ? TRY_AGAIN_LATER : POLICY_VIOLATION;
    const reason = cause === 'unknown' ? 'try again later' : 'the access token is not valid any more';
    for (const socket of [client, origin]) close(socket, code, reason);
    onEnd(cause);
  });
  relay(client, origin, GOING_AWAY, stop);
  relay(origin, client, INTERNAL_ERROR, stop);
  return new Response(null, { status: 101, webSocket: outer, headers: response.headers });
}

function relay(from: WebSocket, to: WebSocket, lost: number, stop: () => void): void {
  from.addEventListener('message', ({ data }) => {
    if (to.readyState === WebSocket.READY_STATE_OPEN) to.send(data);
  });
  from.addEventListener('close', ({ code, reason }) => {
    stop();
    close(to, code === ABNORMAL ? lost : code, reason);
  });
}

function close(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState !== WebSocket.READY_STATE_OPEN) return;
  try {
    if (code === NO_STATUS) socket.close();
    else socket.close(code, reason);
  } catch {
    socket.close(INTERNAL_ERROR);
  }
}
