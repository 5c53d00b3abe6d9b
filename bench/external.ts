import { apache } from './external/apache.ts';
import type { External } from './external/contender.ts';
import { fastify, fastifyCached } from './external/fastify.ts';
import { haproxy } from './external/haproxy.ts';
import { nginxLua, nginxNjs } from './external/nginx.ts';

export type { External, ExternalContext } from './external/contender.ts';

/** The contenders outside workerd; bench/external/README.md says how each is configured. */
export const EXTERNALS: readonly External[] = [haproxy, nginxLua, nginxNjs, apache, fastify, fastifyCached];

/** Whether its program, and what that loads, is on this machine. */
export const installed = (external: External): boolean => external.installed();
