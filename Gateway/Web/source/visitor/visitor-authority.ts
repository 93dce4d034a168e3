import { type Authority, open } from "../api/client";
import { forget, recall, remember } from "./memory";

/** An anonymous visitor: a token of some weeks, kept in the browser, with nothing to renew it by. */
export class VisitorAuthority implements Authority {
  private becoming: Promise<string> | null = null;
  /** Where the browser keeps nothing, the page itself does. */
  private current: { token: string; expiresAt: number } | null = null;

  /** `onForgotten`: the old visitor's conversation can't be read by the new one. */
  constructor(private readonly onForgotten: () => void) {}

  async token(): Promise<string> {
    const visitor = recall("visitor") ?? this.current;
    if (visitor && visitor.expiresAt > Date.now()) return visitor.token;
    if (visitor) this.forgetVisitor();
    this.becoming ??= this.become().finally(() => { this.becoming = null; });
    return this.becoming;
  }

  /** The refused request isn't repeated: what it asked for belonged to the visitor that is gone. */
  async renew(refused: string): Promise<boolean> {
    if ((recall("visitor") ?? this.current)?.token === refused) this.forgetVisitor();
    return false;
  }

  private async become(): Promise<string> {
    const { access_token, expires_in } = await open.becomeVisitor();
    this.current = { token: access_token, expiresAt: Date.now() + expires_in * 1000 };
    remember("visitor", this.current);
    return access_token;
  }

  private forgetVisitor(): void {
    this.current = null;
    forget("visitor");
    this.onForgotten();
  }
}
