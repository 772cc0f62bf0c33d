import type { ComponentType } from "react";
import type { z } from "zod/mini";

export interface PartModule<Props extends object> {
  default: ComponentType<Props>;
  /** What the model wrote is checked against it before the component sees it. */
  schema?: z.ZodMiniType<Props>;
}

/** Loads the component, once; a failure to load is forgotten, so that the next part tries again. */
export type Binding = () => Promise<PartModule<object>>;

/** A component that takes a part's content as its props, in a module of its own. */
export function bound<Props extends object>(load: () => Promise<PartModule<Props>>): Binding {
  let loading: Promise<PartModule<object>> | undefined;
  return () => {
    // Only BoundPart reads it, which gives the component nothing that its schema has not seen.
    loading ??= load() as unknown as Promise<PartModule<object>>;
    loading.catch(() => {
      loading = undefined;
    });
    return loading;
  };
}
