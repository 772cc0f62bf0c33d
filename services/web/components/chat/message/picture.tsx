"use client";

import { useState } from "react";
import { cn } from "@/lib/classes";
import { useText } from "@/lib/text";
import { useLoaded } from "@/lib/use-loaded";

const loadEnlarged = () => import("./enlarged-picture");

interface PictureProps {
  url: string;
  name: string;
  /** One of several. */
  small: boolean;
}

/** A picture that was sent; all of it when it is pressed. */
export function Picture({ url, name, small }: PictureProps) {
  const words = useText().chat.files;
  const [isLarge, setLarge] = useState(false);
  const [enlarged, load] = useLoaded(loadEnlarged);
  return (
    <>
      <button
        type="button"
        aria-haspopup="dialog"
        aria-label={words.enlarge(name)}
        onPointerEnter={load}
        onClick={async () => setLarge(await load())}
        className="block cursor-zoom-in overflow-hidden rounded-xl border border-line"
      >
        {/* biome-ignore lint/performance/noImgElement: it is a data URL */}
        <img
          src={url}
          alt=""
          className={cn(small ? "size-36 object-cover" : "max-h-64 max-w-full object-contain")}
        />
      </button>
      {enlarged && isLarge ? (
        <enlarged.EnlargedPicture
          url={url}
          name={name}
          title={name || words.picture}
          onClose={() => setLarge(false)}
        />
      ) : null}
    </>
  );
}
