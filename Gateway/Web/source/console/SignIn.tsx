import { Alert, Button, Paper, TextField, Typography } from "@mui/material";
import { useState } from "react";
import { Problem } from "../api/problem";
import { useSubmission } from "./useSubmission";

const secondary = { color: "text.secondary" };

interface SignInProps {
  /** Why the reader is here, when they didn't come by themselves. */
  notice: string | null;
  /** - Throws: `Problem`. */
  onSignIn: (email: string, password: string) => Promise<void>;
}

export function SignIn({ notice, onSignIn }: SignInProps) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const { submit, isSubmitting, problem, problemOf } = useSubmission(() => onSignIn(email.trim(), password));
  const isAboutField = problemOf("email") !== undefined || problemOf("password") !== undefined;

  return (
    <main className="entrance">
      <Paper component="section" variant="outlined" className="entrance-card">
        <form onSubmit={submit} noValidate>
          <Typography variant="h5" component="h1">Sign in</Typography>
          <Typography sx={secondary} variant="body2">The console is for staff.</Typography>
          {notice !== null && problem === null && <Alert severity="info">{notice}</Alert>}
          {problem !== null && !isAboutField && <Alert severity="error">{Problem.wordsOf(problem)}</Alert>}
          <TextField label="E-mail address" type="email" name="email" autoComplete="username" fullWidth autoFocus required
            value={email} onChange={(event) => setEmail(event.target.value)}
            error={problemOf("email") !== undefined} helperText={problemOf("email")} />
          <TextField label="Password" type="password" name="password" autoComplete="current-password" fullWidth required
            value={password} onChange={(event) => setPassword(event.target.value)}
            error={problemOf("password") !== undefined} helperText={problemOf("password")} />
          <Button type="submit" variant="contained" size="large" disabled={isSubmitting}>Sign in</Button>
        </form>
      </Paper>
    </main>
  );
}
