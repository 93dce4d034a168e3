// Material UI comes without types. These are the components and the properties that the pages use,
// no more; build/unbundle.mjs reads the names from here to know what to take out of the wheel.
declare module "@mui/material" {
  import type { ChangeEvent, ComponentType, ElementType, MouseEvent, ReactNode, Ref } from "react";

  /** Styles in the theme's terms; see https://mui.com/system/getting-started/the-sx-prop/. */
  export type Sx = Readonly<Record<string, unknown>>;
  export type Colour = "primary" | "secondary" | "error" | "warning" | "info" | "success" | "inherit";

  /** What every component takes and hands on to its element. */
  export interface ElementProps {
    id?: string;
    className?: string;
    children?: ReactNode;
    component?: ElementType;
    hidden?: boolean;
    role?: string;
    sx?: Sx;
    tabIndex?: number;
    title?: string;
    "aria-busy"?: boolean;
    "aria-controls"?: string;
    "aria-expanded"?: boolean;
    "aria-haspopup"?: "menu" | "dialog";
    "aria-label"?: string;
    "aria-labelledby"?: string;
    "aria-live"?: "polite" | "assertive" | "off";
    onClick?: (event: MouseEvent<HTMLElement>) => void;
  }

  export interface ButtonProps extends ElementProps {
    autoFocus?: boolean;
    color?: Colour;
    disabled?: boolean;
    fullWidth?: boolean;
    href?: string;
    size?: "small" | "medium" | "large";
    startIcon?: ReactNode;
    type?: "button" | "submit";
    variant?: "text" | "outlined" | "contained";
  }
  export interface IconButtonProps extends ElementProps {
    color?: Colour | "default";
    disabled?: boolean;
    edge?: "start" | "end";
    size?: "small" | "medium" | "large";
    type?: "button" | "submit";
  }
  export interface ChipProps extends ElementProps {
    clickable?: boolean;
    color?: Colour | "default";
    icon?: ReactNode;
    label: ReactNode;
    size?: "small" | "medium";
    variant?: "filled" | "outlined";
  }
  export interface TextFieldProps extends ElementProps {
    autoComplete?: string;
    autoFocus?: boolean;
    disabled?: boolean;
    error?: boolean;
    fullWidth?: boolean;
    helperText?: ReactNode;
    inputRef?: Ref<HTMLInputElement>;
    label: ReactNode;
    name?: string;
    required?: boolean;
    type?: "email" | "password" | "text";
    value: string;
    onChange: (event: ChangeEvent<HTMLInputElement>) => void;
  }
  export interface ModalProps extends ElementProps {
    open: boolean;
    onClose: () => void;
  }
  export interface DialogProps extends ModalProps {
    fullWidth?: boolean;
    maxWidth?: "xs" | "sm" | "md";
  }
  export interface DrawerProps extends ModalProps {
    anchor: "left" | "right" | "top" | "bottom";
    slotProps?: { paper?: ElementProps };
  }
  export interface MenuProps extends ModalProps {
    anchorEl: HTMLElement | null;
  }
  export interface TypographyProps extends ElementProps {
    noWrap?: boolean;
    variant?: "h5" | "h6" | "subtitle1" | "subtitle2" | "body1" | "body2" | "caption";
  }
  export interface AlertProps extends ElementProps {
    action?: ReactNode;
    severity: "error" | "warning" | "info" | "success";
  }
  export interface ToggleButtonGroupProps extends ElementProps {
    exclusive: true;
    size?: "small" | "medium";
    value: string;
    onChange: (event: MouseEvent<HTMLElement>, value: string | null) => void;
  }
  export interface TooltipProps {
    children: ReactNode;
    title: string;
  }
  export interface ThemeOptions {
    colorSchemes: Readonly<Record<"light" | "dark", unknown>>;
    components?: Readonly<Record<string, unknown>>;
    cssVariables: { colorSchemeSelector: "media" };
    shape?: { borderRadius: number };
    typography?: Readonly<Record<string, unknown>>;
  }
  /** Only ever handed on from `createTheme` to `ThemeProvider`. */
  export interface Theme {
    readonly cssVariables: boolean;
  }

  export const Alert: ComponentType<AlertProps>;
  export const Button: ComponentType<ButtonProps>;
  export const Chip: ComponentType<ChipProps>;
  export const CircularProgress: ComponentType<ElementProps & { size?: number }>;
  export const CssBaseline: ComponentType;
  export const Dialog: ComponentType<DialogProps>;
  export const DialogActions: ComponentType<ElementProps>;
  export const DialogContent: ComponentType<ElementProps & { dividers?: boolean }>;
  export const DialogContentText: ComponentType<ElementProps>;
  export const DialogTitle: ComponentType<ElementProps>;
  export const Drawer: ComponentType<DrawerProps>;
  export const IconButton: ComponentType<IconButtonProps>;
  export const Menu: ComponentType<MenuProps>;
  export const MenuItem: ComponentType<ElementProps & { disabled?: boolean }>;
  export const Paper: ComponentType<ElementProps & { variant?: "elevation" | "outlined" }>;
  export const SvgIcon: ComponentType<ElementProps & { fontSize?: "small" | "inherit" }>;
  export const TextField: ComponentType<TextFieldProps>;
  export const ThemeProvider: ComponentType<{ theme: Theme; children: ReactNode }>;
  export const ToggleButton: ComponentType<ElementProps & { value: string }>;
  export const ToggleButtonGroup: ComponentType<ToggleButtonGroupProps>;
  export const Tooltip: ComponentType<TooltipProps>;
  export const Typography: ComponentType<TypographyProps>;
  export function createTheme(options: ThemeOptions): Theme;
  export function useMediaQuery(query: string): boolean;
}
