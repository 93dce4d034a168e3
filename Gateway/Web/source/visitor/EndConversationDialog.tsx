import { Alert, Button, Dialog, DialogActions, DialogContent, DialogContentText, DialogTitle, TextField } from "@mui/material";
import { type FormEvent, useState } from "react";
import { Problem } from "../api/problem";

interface EndConversationDialogProps {
  isOpen: boolean;
  /** Resolves when the conversation has ended. - Throws: `Problem`. */
  onEnd: (transcriptTo: string | null) => Promise<void>;
  onClose: () => void;
}

export function EndConversationDialog({ isOpen, onEnd, onClose }: EndConversationDialogProps) {
  const [email, setEmail] = useState("");
  const [isEnding, setIsEnding] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const emailProblem = problem instanceof Problem ? problem.fields.get("email") : undefined;

  const end = async (event: FormEvent) => {
    event.preventDefault();
    setIsEnding(true);
    setProblem(null);
    try {
      await onEnd(email.trim() || null);
      onClose();
    } catch (error) {
      setProblem(error);
    } finally {
      setIsEnding(false);
    }
  };

  return (
    <Dialog open={isOpen} onClose={onClose} fullWidth maxWidth="xs" aria-labelledby="end-title">
      <form onSubmit={end}>
        <DialogTitle id="end-title">End this conversation?</DialogTitle>
        <DialogContent>
          <DialogContentText sx={{ mb: 2 }}>We can send you a copy by e-mail, if you like.</DialogContentText>
          <TextField label="E-mail address (optional)" type="email" name="email" autoComplete="email" fullWidth autoFocus
            value={email} onChange={(event) => setEmail(event.target.value)}
            error={emailProblem !== undefined} helperText={emailProblem} />
          {problem !== null && emailProblem === undefined
            && <Alert severity="error" sx={{ mt: 2 }}>{Problem.wordsOf(problem)}</Alert>}
        </DialogContent>
        <DialogActions>
          <Button onClick={onClose}>Keep talking</Button>
          <Button type="submit" variant="contained" disabled={isEnding}>End conversation</Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
