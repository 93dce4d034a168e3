import { Alert, Button, Paper, TextField, Typography } from "@mui/material";
import { type FormEvent, useState } from "react";
import { Problem } from "../api/problem";
import { useSubmission } from "./useSubmission";

const secondary = { color: "text.secondary" };

const fewestCharacters = 12;

interface SetUpProps {
  /** - Throws: `Problem`. */
  onSetUp: (password: string) => Promise<void>;
  /** The link was used before, and there is a password. */
  onSignIn: () => void;
}

/** Where the one-time link of a new installation leads. */
export function SetUp({ onSetUp, onSignIn }: SetUpProps) {
  const [password, setPassword] = useState("");
  const [repeated, setRepeated] = useState("");
  const [wasChecked, setWasChecked] = useState(false);
  const { submit, isSubmitting, problem, problemOf } = useSubmission(() => onSetUp(password));

  const isShort = password.length < fewestCharacters;
  const isDifferent = repeated !== password;
  const shortWords = wasChecked && isShort ? `At least ${fewestCharacters} characters, please.` : undefined;
  const passwordProblem = shortWords ?? problemOf("password");

  const check = (event: FormEvent) => {
    event.preventDefault();
    setWasChecked(true);
    if (!isShort && !isDifferent) void submit(event);
  };

  return (
    <main className="entrance">
      <Paper component="section" variant="outlined" className="entrance-card">
        <form onSubmit={check} noValidate>
          <Typography variant="h5" component="h1">Welcome</Typography>
          <Typography sx={secondary} variant="body2">Choose a password for the administrator's account.</Typography>
          {problem !== null && problemOf("password") === undefined
            && <Alert severity="error">{Problem.wordsOf(problem)}</Alert>}
          <TextField label="Password" type="password" name="password" autoComplete="new-password" fullWidth autoFocus required
            value={password} onChange={(event) => setPassword(event.target.value)}
            error={passwordProblem !== undefined}
            helperText={passwordProblem ?? `At least ${fewestCharacters} characters.`} />
          <TextField label="The same password again" type="password" name="repeated" autoComplete="new-password"
            fullWidth required value={repeated} onChange={(event) => setRepeated(event.target.value)}
            error={wasChecked && isDifferent} helperText={wasChecked && isDifferent ? "The two passwords differ." : undefined} />
          <Button type="submit" variant="contained" size="large" disabled={isSubmitting}>Set password and sign in</Button>
          <Button onClick={onSignIn}>I have a password already</Button>
        </form>
      </Paper>
    </main>
  );
}
