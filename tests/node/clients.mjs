// The official clients, driven line by line: a command in JSON on standard input, what the client made of it
// on standard output. `bytes` (base64 chunks) stand for a server's stream; without them `api` is asked over HTTP.
import { createInterface } from "node:readline";
import { callChatApi } from "@ai-sdk/ui-utils";
import {
  AbstractChat,
  DefaultChatTransport,
  TextStreamChatTransport,
  lastAssistantMessageIsCompleteWithToolCalls,
} from "ai7";

const canned = ({ bytes }) => async () =>
  new Response(
    new ReadableStream({
      start(controller) {
        for (const chunk of bytes) controller.enqueue(Buffer.from(chunk, "base64"));
        controller.close();
      },
    }),
  );

/** fetch that keeps what came before the SDK reads it. */
const observed = (command, seen) => async (url, init) => {
  seen.request = init.body ? JSON.parse(init.body) : null;
  const response = await (command.bytes ? canned(command) : fetch)(url, init);
  seen.status = response.status;
  seen.headers = Object.fromEntries(response.headers);
  return response;
};

/** What useChat of AI SDK 4 does with a new message: its own request, its own parser. */
async function ai4(command) {
  const seen = {};
  let message = null;
  let data = [];
  let finish = null;
  let error = null;
  const abort = new AbortController();
  try {
    await callChatApi({
      api: command.api ?? "http://localhost/",
      body: { id: command.chat ?? "chat-4", messages: command.messages ?? [], ...command.body },
      streamProtocol: command.streamProtocol ?? "data",
      headers: command.headers,
      abortController: () => abort,
      restoreMessagesOnFailure() {},
      onUpdate(update) {
        message = update.message;
        data = update.data;
        if (command.stopAfter && message.content.length >= command.stopAfter) abort.abort();
      },
      onFinish(_message, options) {
        finish = options;
      },
      lastMessage: command.lastMessage,
      requestType: command.resume ? "resume" : "generate",
      generateId: () => "local",
      fetch: observed(command, seen),
    });
  } catch (caught) {
    error = caught.message;
  }
  return { ...seen, message, data, finish, error };
}

class State {
  constructor(messages) {
    this.messages = messages;
    this.status = "ready";
    this.error = undefined;
  }
  pushMessage = (message) => {
    this.messages = [...this.messages, message];
  };
  popMessage = () => {
    this.messages = this.messages.slice(0, -1);
  };
  replaceMessage = (index, message) => {
    this.messages = this.messages.with(index, message);
  };
  snapshot = (value) => structuredClone(value);
}

class Chat extends AbstractChat {}

/** The chat object that useChat of AI SDK 7 holds, without React. `outputs`: what its tools give, by their names; it
 * goes on by itself once all calls have results. */
async function ai7(command) {
  const seen = {};
  const noticed = [];
  const called = [];
  const Transport = command.streamProtocol === "text" ? TextStreamChatTransport : DefaultChatTransport;
  const chat = new Chat({
    id: command.chat ?? "chat-7",
    state: new State(command.messages ?? []),
    transport: new Transport({
      api: command.api ?? "http://localhost/",
      headers: command.headers,
      body: command.body,
      fetch: observed(command, seen),
    }),
    onData: (part) => noticed.push(part),
    onToolCall({ toolCall }) {
      called.push(toolCall);
      const output = command.outputs?.[toolCall.toolName];
      if (output !== undefined)
        chat.addToolOutput({ tool: toolCall.toolName, toolCallId: toolCall.toolCallId, output });
    },
    sendAutomaticallyWhen: command.outputs ? lastAssistantMessageIsCompleteWithToolCalls : undefined,
  });
  const running = command.resume ? chat.resumeStream() : command.regenerate ? chat.regenerate() : chat.sendMessage({ text: command.text ?? "", files: command.files });
  let over = false;
  running.finally(() => (over = true));
  while (command.stopAfter && !over) {
    const text = chat.lastMessage?.parts?.find((part) => part.type === "text")?.text ?? "";
    if (chat.lastMessage?.role === "assistant" && text.length >= command.stopAfter) await chat.stop();
    await new Promise((wake) => setTimeout(wake, 5));
  }
  await running;
  return { ...seen, messages: chat.messages, status: chat.status, noticed, called, error: chat.error?.message ?? null };
}

const clients = { ai4, ai7 };
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  const reply = await clients[command.client](command);
  process.stdout.write(JSON.stringify(reply) + "\n");
}
