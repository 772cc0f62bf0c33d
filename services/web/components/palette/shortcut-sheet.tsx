"use client";

import { Fragment } from "react";
import { Dialog, DialogContent, useFocusBack } from "@/components/ui/dialog";
import { labels } from "@/lib/shortcuts/matching";
import { useIsMac } from "@/lib/shortcuts/provider";
import { GROUPS, SHORTCUT_IDS, SHORTCUTS, type ShortcutId } from "@/lib/shortcuts/registry";
import { useText } from "@/lib/text";

export default function ShortcutSheet({ onClose }: { onClose: () => void }) {
  const words = useText().palette;
  const focusBack = useFocusBack();
  return (
    <Dialog open onOpenChange={(open) => open || onClose()}>
      <DialogContent
        title={words.shortcuts}
        className="max-w-lg"
        onCloseAutoFocus={focusBack}
        onOpenAutoFocus={(event) => {
          event.preventDefault(); // the text takes the focus, so that the arrow keys scroll it
          (event.currentTarget as HTMLElement).focus();
        }}
      >
        <div className="flex flex-col gap-5">
          {GROUPS.map((group) => (
            <section key={group}>
              <h3 className="mb-1 font-medium text-faint text-xs">{words.groups[group]}</h3>
              <dl className="divide-y divide-line">
                {SHORTCUT_IDS.filter((id) => SHORTCUTS[id].group === group).map((id) => (
                  <div key={id} className="flex min-h-10 items-center justify-between gap-4 py-1.5">
                    <dt className="text-sm">{words.keys[id]}</dt>
                    <dd className="flex shrink-0 items-center gap-2">
                      <Keys id={id} />
                    </dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
      </DialogContent>
    </Dialog>
  );
}

function Keys({ id }: { id: ShortcutId }) {
  const words = useText().palette;
  const mac = useIsMac() ?? false;
  return SHORTCUTS[id].keys.map((keys, place) => (
    <Fragment key={keys}>
      {place > 0 ? <span className="text-faint text-xs">{words.or}</span> : null}
      <span className="flex gap-1">
        {labels(keys, mac).map((label) => (
          <kbd
            key={label}
            className="min-w-6 rounded-sm border border-line bg-surface px-1.5 py-0.5 text-center font-sans text-muted text-xs"
          >
            {label}
          </kbd>
        ))}
      </span>
    </Fragment>
  ));
}
