"use client";

import { RotateCw, X } from "lucide-react";
import { IconButton } from "@/components/ui/icon-button";
import { ProgressBar } from "@/components/ui/progress-bar";
import { wordsFor } from "@/lib/api/errors";
import { useKnowledge } from "@/lib/knowledge/provider";
import { writtenSize } from "@/lib/knowledge/sizes";
import type { Upload } from "@/lib/knowledge/uploads";
import { useLanguage, useText } from "@/lib/text";
import { LANG } from "@/lib/text/language";
import { Row } from "./row";

export function UploadRow({ upload }: { upload: Upload }) {
  const words = useText().knowledge;
  const locale = LANG[useLanguage()];
  const { uploads } = useKnowledge();
  const { key, name, size } = upload;
  const failed = upload.state === "failed";
  return (
    <Row
      title={name}
      failed={failed}
      detail={<Detail upload={upload} />}
      columns={{ size: size > 0 ? writtenSize(size, locale) : null }}
      action={
        <>
          {failed && upload.reason === null ? (
            <IconButton label={words.retry(name)} onClick={() => uploads.retry(key)}>
              <RotateCw aria-hidden />
            </IconButton>
          ) : null}
          <IconButton
            label={failed ? words.dismiss(name) : words.cancel(name)}
            onClick={() => uploads.drop(key)}
          >
            <X aria-hidden />
          </IconButton>
        </>
      }
    />
  );
}

function Detail({ upload }: { upload: Upload }) {
  const text = useText();
  const words = text.knowledge;
  const percent = new Intl.NumberFormat(LANG[useLanguage()], { style: "percent" });
  if (upload.state === "failed") {
    return (
      <p className="mt-1 text-danger text-xs leading-4">
        {upload.reason === null ? wordsFor(upload.error, text) : words.reasons[upload.reason]}
      </p>
    );
  }
  const share = upload.state === "sending" ? upload.share : 0;
  const said = () => {
    if (upload.state === "waiting") return words.status.waiting;
    return share >= 1 ? words.status.arriving : words.status.sending(percent.format(share));
  };
  return (
    <div className="mt-1 flex items-center gap-3 text-muted text-xs leading-4 tabular-nums">
      <ProgressBar
        label={words.progressOf(upload.name)}
        share={share}
        className="max-w-60 flex-1"
      />
      {said()}
    </div>
  );
}
