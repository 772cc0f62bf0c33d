import { chat } from "./chat";
import { common } from "./common";
import { history } from "./history";
import { knowledge } from "./knowledge";
import { parts } from "./parts";
import { signIn } from "./sign-in";

export const en = { common, signIn, chat, history, knowledge, parts };
