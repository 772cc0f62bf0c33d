"use client";

import { usePathname } from "next/navigation";
import { useRef } from "react";
import { useToast } from "@/components/ui/toast";
import { type Conversation, type ExportFormat, exportConversation } from "@/lib/api/conversations";
import { wordsFor } from "@/lib/api/errors";
import { conversationHref, conversationOf } from "@/lib/history/addresses";
import { useHistory } from "@/lib/history/provider";
import { useOpening } from "@/lib/history/use-opening";
import { saveFile } from "@/lib/save-file";
import { useText } from "@/lib/text";

const UNDO_MS = 10_000;

/** What can be done with a conversation, with its words where that fails. */
export function useConversationActions() {
  const text = useText();
  const words = text.history;
  const { history, transcripts } = useHistory();
  const toast = useToast();
  const open = useOpening();
  const pathname = usePathname();
  const shownNow = useRef("");
  shownNow.current = conversationOf(pathname);

  const told = async (what: keyof typeof words.failed, work: Promise<unknown>) => {
    try {
      await work;
      return true;
    } catch (error) {
      toast({ tone: "danger", title: `${words.failed[what]} ${wordsFor(error, text)}` });
      return false;
    }
  };

  const restore = async ({ id }: Conversation, wasShown: boolean) => {
    if (!(await told("restore", history.restore(id)))) return;
    transcripts.forget(id);
    if (wasShown && shownNow.current === "") open(conversationHref(id));
  };

  return {
    rename: (conversation: Conversation, given: string) => {
      const title = given.replace(/\s+/g, " ").trim();
      if (title === "" || title === conversation.title) return;
      void told("rename", history.rename(conversation.id, title));
    },
    pin: (conversation: Conversation, pinned: boolean) =>
      void told("pin", history.pin(conversation.id, pinned)),
    remove: async (conversation: Conversation) => {
      const wasShown = shownNow.current === conversation.id;
      if (wasShown) open("/");
      if (!(await told("delete", history.remove(conversation.id)))) return;
      transcripts.forget(conversation.id);
      toast({
        title: words.deleted(shortened(conversation.title) || words.untitled),
        action: {
          label: text.common.actions.undo,
          run: () => void restore(conversation, wasShown),
        },
        durationMs: UNDO_MS,
      });
    },
    exportTo: (conversation: Conversation, format: ExportFormat) =>
      void told(
        "export",
        exportConversation(conversation.id, format).then(({ name, file }) => saveFile(name, file)),
      ),
  };
}

export type ConversationActions = ReturnType<typeof useConversationActions>;

function shortened(title: string): string {
  const characters = [...title];
  return characters.length > 40 ? `${characters.slice(0, 39).join("")}…` : title;
}
