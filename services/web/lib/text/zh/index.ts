import type { Text } from "../text";
import { chat } from "./chat";
import { citations } from "./citations";
import { common } from "./common";
import { history } from "./history";
import { knowledge } from "./knowledge";
import { palette } from "./palette";
import { parts } from "./parts";
import { signIn } from "./sign-in";

export const zh: Text = { common, signIn, chat, citations, history, knowledge, palette, parts };
