import { showPage } from "../appearance/Page";
import { VisitorPage } from "./VisitorPage";

showPage(<VisitorPage />);
