/** A key as the terminal tells it. */
export interface Key {
  /** What was typed or pasted; empty for keys without a character. */
  input: string;
  /** Such as `up`, `enter`, `escape`, `tab`; null for a character. */
  name:
    | "up"
    | "down"
    | "left"
    | "right"
    | "pageUp"
    | "pageDown"
    | "home"
    | "end"
    | "enter"
    | "escape"
    | "tab"
    | "backspace"
    | "delete"
    | null;
  isCtrl: boolean;
  isShift: boolean;
}
