import type { ComponentChildren } from 'preact';
import { useErrorBoundary } from 'preact/hooks';
import { ProblemBox } from './problem-box.tsx';

/** A page that cannot draw what control answered, such as an old one after a deployment, says so, and leaves the rest. */
export function Guarded({ children }: { readonly children: ComponentChildren }) {
  const [error] = useErrorBoundary();
  if (error === undefined) return <>{children}</>;
  return (
    <ProblemBox
      problem={{
        status: 0,
        title: 'This page failed',
        detail: 'It could not show what control answered. Reload it: control may have been deployed anew.',
        errors: [],
        reference: undefined,
      }}
    />
  );
}
