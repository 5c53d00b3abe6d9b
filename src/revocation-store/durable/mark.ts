import { readAssumptions } from '../assumptions.ts';
import type { StoreLife } from '../port.ts';
import type { DurableMark } from './object.ts';

export const markFrom = ({
  epoch,
  position,
  assumptions,
}: DurableMark): StoreLife & { readonly epoch: string } => ({
  epoch,
  position,
  keptSeconds: readAssumptions(assumptions),
});
