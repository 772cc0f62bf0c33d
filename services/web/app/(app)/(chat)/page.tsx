/** A new chat, which the layout shows. */
export default function NewChat() {
  return null;
}
