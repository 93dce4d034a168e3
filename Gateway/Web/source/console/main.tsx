import { showPage } from "../appearance/Page";
import { takeSetUpToken } from "./address";
import { ConsolePage } from "./ConsolePage";

showPage(<ConsolePage setUpToken={takeSetUpToken()} />);
