import { useEffect, useState } from 'preact/hooks';
import type { Answer } from './api.ts';

/** What is answered to `ask`, once; undefined: not yet. `ask` must stay the same from draw to draw. */
export function useOnce<T>(ask: () => Promise<Answer<T>>): Answer<T> | undefined {
  const [answer, setAnswer] = useState<Answer<T> | undefined>(undefined);
  useEffect(() => {
    let over = false;
    void ask().then((said) => {
      if (!over) setAnswer(said);
    });
    return () => {
      over = true;
    };
  }, [ask]);
  return answer;
}
