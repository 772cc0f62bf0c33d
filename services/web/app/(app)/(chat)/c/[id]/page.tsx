/** A conversation, which the layout shows by its address. */
export default function ConversationPage() {
  return null;
}
