/** RFC 6455 §4.1, as the runtime reads it. */
export const isWebSocketHandshake = (method: string, headers: Headers): boolean =>
  method === 'GET' && headers.get('upgrade')?.toLowerCase() === 'websocket';
