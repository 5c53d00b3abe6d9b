import { type ComponentChildren, toChildArray } from 'preact';
import { visibleText } from '../../core/visible-text.ts';

/** Text that a client, a token or the configuration has written: nothing in it is unseen, or turns what stands beside it. */
export const Code = ({ children }: { readonly children?: ComponentChildren }) => (
  <code>{toChildArray(children).map((each) => (typeof each === 'string' ? visibleText(each) : each))}</code>
);
