"use client";

import { Dialog, DialogContent, useFocusBack } from "@/components/ui/dialog";

interface EnlargedPictureProps {
  url: string;
  name: string;
  title: string;
  onClose: () => void;
}

export function EnlargedPicture({ url, name, title, onClose }: EnlargedPictureProps) {
  const focusBack = useFocusBack();
  return (
    <Dialog open onOpenChange={(open) => open || onClose()}>
      <DialogContent
        title={title}
        className="w-fit max-w-[calc(100vw-2rem)]"
        onCloseAutoFocus={focusBack}
      >
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
