// A file of the reader's as a data URL.

import { bytesOf } from "../model/request";
import { type Attachment, kindOf, textType } from "./attachments";
import { decodeText } from "./decode";

/** Models see no more than this of a picture, whatever they are sent. */
const MAX_SIDE_PX = 1_568;
const AS_IT_IS_BYTES = 400_000;
const JPEG_QUALITY = 0.86;

/** Raises where it cannot be read as what it says that it is. */
export async function readFile(file: File): Promise<Attachment> {
  const kind = kindOf(file);
  if (!kind) throw new TypeError("neither a picture nor a text");
  const name = file.name || (kind === "picture" ? "picture" : "text");
  const read = kind === "picture" ? await readPicture(file) : await readText(file, name);
  return { id: crypto.randomUUID(), name, kind, ...read };
}

async function readText(file: File, name: string) {
  const text = decodeText(new Uint8Array(await file.arrayBuffer()), navigator.languages);
  const mediaType = textType(name);
  const url = await toDataUrl(new Blob([text], { type: mediaType }));
  const size = [...text].length;
  return { mediaType, url: url.replace(/^data:[^,]*,/, `data:${mediaType};base64,`), size };
}

async function readPicture(file: File) {
  const bitmap = await createImageBitmap(file);
  try {
    const scale = Math.min(1, MAX_SIDE_PX / Math.max(bitmap.width, bitmap.height));
    const sendable = /^image\/(png|jpeg|gif|webp)$/.test(file.type);
    if (sendable && scale === 1 && file.size <= AS_IT_IS_BYTES) {
      return sized(file);
    }
    return sized(await drawn(bitmap, scale));
  } finally {
    bitmap.close();
  }
}

async function sized(picture: Blob) {
  const url = await toDataUrl(picture);
  return { mediaType: picture.type, url, size: bytesOf(url) };
}

function drawn(bitmap: ImageBitmap, scale: number): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  if (!context) throw new TypeError("no canvas");
  context.fillStyle = "#fff"; // JPEG has no transparency
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    const done = (blob: Blob | null) => (blob ? resolve(blob) : reject(new TypeError("not drawn")));
    canvas.toBlob(done, "image/jpeg", JPEG_QUALITY);
  });
}

function toDataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
