import type { Text } from "../text";
import { chat } from "./chat";
import { common } from "./common";
import { history } from "./history";
import { knowledge } from "./knowledge";
import { parts } from "./parts";
import { signIn } from "./sign-in";

export const zh: Text = { common, signIn, chat, history, knowledge, parts };
