import type { RoomRules } from '../config/rooms.ts';
import { foldHeaderName } from '../origin/fold.ts';
import { mappingFault } from '../origin/reserved-headers.ts';
import { canonicalPath } from '../routing/canonical-path.ts';
import { conflictingRoutes } from '../routing/route-table.ts';

/** What entries hand to `compilePolicy`: the same rules that requests are judged by. */
export const ROOM_RULES: RoomRules = { canonicalPath, conflictingRoutes, foldHeaderName, mappingFault };
