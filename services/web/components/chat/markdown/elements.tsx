"use client";

import { ImageOff } from "lucide-react";
import { type ComponentProps, lazy, Suspense } from "react";
import { type Components, useIsCodeFenceIncomplete } from "streamdown";
import { useText } from "@/lib/text";
import { Citation } from "./citation";
import { CodeBlock } from "./code-block";
import { hostOf, safeLink, safePicture } from "./url";

const Formula = lazy(() => import("./formula"));

type Props<Tag extends keyof React.JSX.IntrinsicElements> = ComponentProps<Tag> & {
  node?: unknown;
};

function Link({ href, children }: Props<"a">) {
  const to = safeLink(href ?? "");
  if (!to) return <span>{children}</span>;
  return (
    <a href={to} target="_blank" rel="noopener noreferrer nofollow ugc">
      {children}
    </a>
  );
}

function Picture({ src, alt }: Props<"img">) {
  const { picture } = useText().chat;
  const given = typeof src === "string" ? src : "";
  const shown = safePicture(given);
  // biome-ignore lint/performance/noImgElement: it is in the text itself, there is nothing to optimise
  if (shown) return <img src={shown} alt={alt ?? ""} />;
  const host = hostOf(given);
  return (
    <span className="picture-elsewhere">
      <ImageOff aria-hidden />
      {host && safeLink(given) ? <Link href={given}>{alt || picture.at(host)}</Link> : alt}
    </span>
  );
}

function Code({ className, children }: Props<"code">) {
  const growing = useIsCodeFenceIncomplete();
  if (className?.includes("math-display")) return <Maths tex={children} display />;
  const language = /language-([^\s]+)/.exec(className ?? "")?.[1] ?? "";
  return (
    <CodeBlock
      code={typeof children === "string" ? children : ""}
      language={language}
      growing={growing}
    />
  );
}

function InlineCode({ className, children }: Props<"code">) {
  if (className?.includes("math-inline")) return <Maths tex={children} display={false} />;
  return <code>{children}</code>;
}

function Maths({ tex, display }: { tex: React.ReactNode; display: boolean }) {
  const written = typeof tex === "string" ? tex : "";
  return (
    <Suspense fallback={<span>{written}</span>}>
      <Formula tex={written} display={display} />
    </Suspense>
  );
}

function Table({ children }: Props<"table">) {
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
function TaskBox({ checked }: Props<"input">) {
  const { task } = useText().chat;
  return (
    <input
      type="checkbox"
      checked={checked === true}
      disabled
      aria-label={checked ? task.done : task.open}
    />
  );
}

function Cite({ children, ...rest }: Props<"cite">) {
  const number = Number((rest as Record<string, unknown>)["data-citation"]);
  return number ? <Citation number={number} /> : <cite>{children}</cite>;
}

export const ELEMENTS: Components = {
  a: Link,
  img: Picture,
  code: Code,
  inlineCode: InlineCode,
  table: Table,
  cite: Cite,
  input: TaskBox,
};
