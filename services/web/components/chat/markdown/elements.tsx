"use client";

import { ImageOff } from "lucide-react";
import { lazy, type ReactNode, Suspense } from "react";
import { useText } from "@/lib/text";
import { hostOf, safeLink, safePicture } from "./url";

const Formula = lazy(() => import("./formula"));

export function Link({ href, children }: { href: string; children: ReactNode }) {
  const to = safeLink(href);
  if (!to) return <span>{children}</span>;
  return (
    <a href={to} target="_blank" rel="noopener noreferrer nofollow ugc">
      {children}
    </a>
  );
}

export function Picture({ src, alt }: { src: string; alt: string }) {
  const { picture } = useText().chat;
  const shown = safePicture(src);
  // biome-ignore lint/performance/noImgElement: it is in the text itself, there is nothing to optimise
  if (shown) return <img src={shown} alt={alt} />;
  const host = hostOf(src);
  return (
    <span className="picture-elsewhere">
      <ImageOff aria-hidden />
      {host && safeLink(src) ? <Link href={src}>{alt || picture.at(host)}</Link> : alt}
    </span>
  );
}

/** KaTeX comes with the first formula; until then it is read as it was written. */
export function Maths({ tex, display = false }: { tex: string; display?: boolean }) {
  return (
    <Suspense fallback={<span>{tex}</span>}>
      <Formula tex={tex} display={display} />
    </Suspense>
  );
}

export function TableFrame({ children }: { children: ReactNode }) {
  const { table } = useText().chat;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div
      role="group"
      className="table-frame"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
      tabIndex={0}
      aria-label={table}
    >
      <table>{children}</table>
    </div>
  );
}

/** Of a list of tasks; the only field that Markdown makes. */
export function TaskBox({ checked }: { checked: boolean }) {
  const { task } = useText().chat;
  return (
    <input
      type="checkbox"
      checked={checked}
      disabled
      aria-label={checked ? task.done : task.open}
    />
  );
}
