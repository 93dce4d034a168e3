import { type Authority, open } from "../api/client";
import type { Tokens } from "../api/model";
import { Problem } from "../api/problem";

const storageKey = "frontdesk.console.refresh";

/** A signed-in member of staff: the access token in memory, the refresh token for as long as the tab lives. */
export class StaffAuthority implements Authority {
  private accessToken: string | null = null;
  private refreshing: Promise<boolean> | null = null;

  /** `onSignedOut`: the session is over, without anyone having asked for it. */
  constructor(private readonly onSignedOut: () => void) {}

  /** Whether an earlier page in this tab left a session to take up. */
  get mayRestore(): boolean {
    return sessionStorage.getItem(storageKey) !== null;
  }

  async token(): Promise<string | null> {
    if (this.accessToken === null && this.mayRestore) await this.refresh();
    return this.accessToken;
  }

  accept(tokens: Tokens): void {
    this.accessToken = tokens.access_token;
    sessionStorage.setItem(storageKey, tokens.refresh_token);
  }

  async renew(refused: string): Promise<boolean> {
    // Someone else's request may have renewed it in the meantime.
    return this.accessToken !== null && this.accessToken !== refused ? true : this.refresh();
  }

  async signOut(): Promise<void> {
    const refreshToken = sessionStorage.getItem(storageKey);
    this.forget();
    // The tab is signed out whether or not the server hears of it.
    if (refreshToken) await open.signOut(refreshToken).catch(() => undefined);
  }

  /** One at a time: a refresh token works once, and using it twice ends the session. */
  private refresh(): Promise<boolean> {
    this.refreshing ??= this.exchange().finally(() => { this.refreshing = null; });
    return this.refreshing;
  }

  private async exchange(): Promise<boolean> {
    const refreshToken = sessionStorage.getItem(storageKey);
    try {
      if (refreshToken === null) throw new Problem({ status: 401, code: "session_ended" });
      this.accept(await open.refresh(refreshToken));
      return true;
    } catch (error) {
      // A server that can't be reached hasn't refused anything.
      if (error instanceof Problem && error.isPassing) throw error;
      this.forget();
      this.onSignedOut();
      return false;
    }
  }

  private forget(): void {
    this.accessToken = null;
    sessionStorage.removeItem(storageKey);
  }
}
