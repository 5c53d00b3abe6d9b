/** Pass-through that copies the client's headers and sets the three that the others set, without verifying anything. */
export default {
  fetch(request: Request, env: { ORIGIN: string }): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const headers = new Headers(request.headers);
    headers.delete('Authorization');
    headers.set('X-User-Id', 'user-42');
    headers.set('X-Tenant', 'tenant-1');
    headers.set('X-Roles', '["editor","auditor"]');
    return fetch(env.ORIGIN + pathname + search, { method: request.method, headers, body: request.body });
  },
};
