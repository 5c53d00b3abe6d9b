import type { RequestRules } from '../config/request-rules.ts';
import { foldHeaderName } from '../core/fold-header-name.ts';
import { editFault, isStrippedWhereSet } from '../origin/editable-headers.ts';
import { isKeepable, mappingFault } from '../origin/reserved-headers.ts';
import { coveredHeaders } from '../origin/sign-identity.ts';
import { canonicalPath } from '../routing/canonical-path.ts';
import { mappedAround } from '../routing/mapped-around.ts';
import { conflictingRoutes, overlappingRoutes } from '../routing/route-conflicts.ts';

/** What entries hand to `compilePolicy`: the same rules that requests are judged by. */
export const REQUEST_RULES: RequestRules = {
  canonicalPath,
  conflictingRoutes,
  coveredHeaders,
  editFault,
  overlappingRoutes,
  foldHeaderName,
  isKeepable,
  isStrippedWhereSet,
  mappedAround,
  mappingFault,
};
