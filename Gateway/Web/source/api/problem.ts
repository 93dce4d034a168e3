/** A problem document (RFC 9457), as far as the pages read it. */
export interface ProblemDocument {
  status: number;
  title?: string;
  detail?: string;
  code?: string;
  errors?: { field: string; code: string; message: string }[];
}

/** A request that was answered with a problem, or (status 0) not answered at all. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: ReadonlyMap<string, string>;

  constructor(document: ProblemDocument) {
    super(document.detail || document.title || `The server answered ${document.status}.`);
    this.status = document.status;
    this.code = document.code ?? "";
    this.fields = new Map((document.errors ?? []).map((error) => [error.field, error.message]));
  }

  /** The token was refused, so asking again with the same one is pointless. */
  get refusesToken(): boolean {
    return this.status === 401 && (this.code === "auth.token_expired" || this.code === "auth.token_invalid");
  }

  /** Worth asking again as it is: nothing was answered, or the server says that it is busy. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  static unreachable(): Problem {
    return new Problem({ status: 0, code: "unreachable", detail: "The server can't be reached just now." });
  }

  static async from(response: Response): Promise<Problem> {
    const document = await response.json().catch(() => ({}));
    return new Problem({ ...document, status: response.status });
  }

  /** The words for a person, whatever was thrown. */
  static wordsOf(error: unknown): string {
    return error instanceof Problem ? error.message : "Something went wrong on this page. Please try again.";
  }
}
