"use client";

import { useCallback, useState } from "react";

/**
 * A module that is loaded when first needed: null until then. `load` tells whether it is there; where the network was
 * away it is not, and the next call tries again. Give it a function that does not change.
 */
export function useLoaded<Module>(
  from: () => Promise<Module>,
): [Module | null, () => Promise<boolean>] {
  const [loaded, setLoaded] = useState<{ module: Module } | null>(null);
  const load = useCallback(
    () =>
      from().then(
        (module) => {
          setLoaded((before) => before ?? { module });
          return true;
        },
        () => false,
      ),
    [from],
  );
  return [loaded?.module ?? null, load];
}
