import { type FormEvent, useEffect, useRef, useState } from "react";
import { Problem } from "../api/problem";

/** Sends a form once at a time and keeps what the server had against it, by field. */
export function useSubmission(send: () => Promise<void>) {
  const [isSubmitting, setIsSubmitting] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const isShown = useRef(true);
  useEffect(() => {
    isShown.current = true;
    return () => { isShown.current = false; };
  }, []);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isSubmitting) return;
    setIsSubmitting(true);
    setProblem(null);
    try {
      await send();
    } catch (error) {
      if (isShown.current) setProblem(error);
    } finally {
      if (isShown.current) setIsSubmitting(false);
    }
  };
  const problemOf = (field: string) => (problem instanceof Problem ? problem.fields.get(field) : undefined);
  return { submit, isSubmitting, problem, problemOf };
}
