"use client";

import { Dialog, DialogContent, DialogTrigger } from "@/components/ui/dialog";
import { cn } from "@/lib/classes";
import { useText } from "@/lib/text";

interface PictureProps {
  url: string;
  name: string;
  /** One of several. */
  small: boolean;
}

/** A picture that was sent; all of it when it is pressed. */
export function Picture({ url, name, small }: PictureProps) {
  const words = useText().chat.files;
  return (
    <Dialog>
      <DialogTrigger
        aria-label={words.enlarge(name)}
        className="block cursor-zoom-in overflow-hidden rounded-xl border border-line"
      >
        {/* biome-ignore lint/performance/noImgElement: it is a data URL */}
        <img
          src={url}
          alt=""
          className={cn(small ? "size-36 object-cover" : "max-h-64 max-w-full object-contain")}
        />
      </DialogTrigger>
      <DialogContent title={name || words.picture} className="w-fit max-w-[calc(100vw-2rem)]">
        {/* biome-ignore lint/performance/noImgElement: it is a data URL */}
        <img
          src={url}
          alt={name}
          className="max-h-[calc(85dvh-6rem)] min-h-0 max-w-full rounded-lg object-contain"
        />
      </DialogContent>
    </Dialog>
  );
}
