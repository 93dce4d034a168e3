import { createTheme } from "@mui/material";

/** Light and dark follow the system through `prefers-color-scheme`, without a line of script. */
export const theme = createTheme({
  cssVariables: { colorSchemeSelector: "media" },
  colorSchemes: {
    light: {
      palette: {
        primary: { main: "#0b6e69", contrastText: "#ffffff" },
        background: { default: "#f6f8f8", paper: "#ffffff" },
        text: { primary: "#182423", secondary: "#526260" },
        divider: "#dbe3e2",
      },
    },
    dark: {
      palette: {
        primary: { main: "#6fd3c9", contrastText: "#00302c" },
        background: { default: "#101716", paper: "#18211f" },
        text: { primary: "#e4eceb", secondary: "#a3b4b1" },
        divider: "#2d3a38",
      },
    },
  },
  shape: { borderRadius: 10 },
  typography: {
    fontFamily: 'Roboto, system-ui, -apple-system, "Segoe UI", sans-serif',
    fontWeightBold: 500,
    button: { textTransform: "none" },
    h5: { fontWeight: 500 },
    h6: { fontWeight: 500, fontSize: "1.125rem" },
  },
  components: {
    MuiPaper: { styleOverrides: { root: { backgroundImage: "none" } } },
    MuiButtonBase: {
      styleOverrides: {
        root: { "&.Mui-focusVisible": { outline: "2px solid var(--mui-palette-primary-main)", outlineOffset: "2px" } },
      },
    },
  },
});
