// One file on its way. XMLHttpRequest, because `fetch` does not tell how much of a body is sent.

import { DOCUMENTS_PATH, documentOf, type KnowledgeDocument } from "../api/documents";
import { ApiError, readError } from "../api/errors";
import { leaveForSignIn, ourHeaders } from "../api/fetching";

export type Send = (
  file: File,
  onSent: (share: number) => void,
  signal: AbortSignal,
) => Promise<KnowledgeDocument>;

/** Between two bytes of it nothing may take longer. */
const SILENCE_MS = 60_000;

export const sendDocument: Send = (file, onSent, signal) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const away = () => reject(new ApiError(0, navigator.onLine ? "away" : "offline", ""));
    let timer: ReturnType<typeof setTimeout>;
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        away();
        request.abort();
      }, SILENCE_MS);
    };
    request.open("POST", DOCUMENTS_PATH);
    for (const [name, value] of Object.entries(ourHeaders())) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => {
      heard();
      onSent(total > 0 ? Math.min(1, loaded / total) : 0);
    };
    request.onload = () => answered(request).then(resolve, reject);
    request.onerror = away;
    request.onloadend = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    };
    const stop = () => {
      reject(signal.reason);
      request.abort();
    };
    signal.addEventListener("abort", stop);
    const form = new FormData();
    form.append("file", file, file.name);
    heard();
    request.send(form);
  });

async function answered(request: XMLHttpRequest): Promise<KnowledgeDocument> {
  if (request.status >= 200 && request.status < 300) {
    return documentOf(JSON.parse(request.responseText));
  }
  const after = request.getResponseHeader("retry-after");
  const error = await readError(
    new Response(request.responseText, {
      status: request.status || 502,
      headers: after === null ? {} : { "retry-after": after },
    }),
  );
  if (error.code === "signed_out") leaveForSignIn();
  throw error;
}
