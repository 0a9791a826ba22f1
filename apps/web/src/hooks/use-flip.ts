import { type RefObject, useLayoutEffect, useRef } from 'react';

const DURATION_MS = 400;
const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');

/**
 * Moves the children of a list smoothly to their new places.
 * https://aerotwist.com/blog/flip-your-animations/
 */
export function useFlip(list: RefObject<HTMLElement | null>): void {
  const places = useRef(new Map<Element, number>());
  useLayoutEffect(() => {
    const before = places.current;
    places.current = new Map();
    for (const child of list.current?.children ?? []) {
      if (!(child instanceof HTMLElement)) continue;
      const place = child.offsetTop;
      places.current.set(child, place);
      if (reducedMotion.matches || before.size === 0) continue;
      const from = before.get(child);
      if (from === place) continue;
      child.animate(
        from === undefined
          ? { opacity: [0, 1] }
          : { transform: [`translateY(${from - place}px)`, 'none'] },
        // Added, so that a child that is still moving goes on from where it is.
        {
          duration: DURATION_MS,
          easing: 'ease-in-out',
          composite: from === undefined ? 'replace' : 'add',
        },
      );
    }
  });
}
