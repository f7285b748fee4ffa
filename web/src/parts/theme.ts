// Colours as the page's style sheet has them, for what is drawn on a canvas. The series' are Okabe and Ito's; no series
// is told by its colour alone, marks and dashes differ too.

/** Of what is written on a canvas. */
export const FONT = "11px 'Inter', ui-sans-serif, -apple-system, 'Segoe UI', 'Source Sans 3', 'Noto Sans', 'Liberation Sans', system-ui, sans-serif";

const NAMES = ['black', 'blue', 'vermillion', 'green', 'purple', 'orange', 'sky', 'yellow', 'grey'] as const;
export type Colour = (typeof NAMES)[number];

export interface Inks {
  ink: string;
  faint: string;
  grid: string;
  paper: string;
  accent: string;
  shades: [number, number, number][];
  of: Record<string, string>;
}

let inks: Inks | null = null;
const told = new Set<() => void>();

const LIGHT: [number, number, number][] = [[58, 12, 94], [62, 73, 137], [38, 120, 142], [31, 150, 125], [92, 170, 62]];
const DARK: [number, number, number][] = [[110, 98, 190], [62, 130, 170], [38, 166, 150], [112, 200, 90], [238, 222, 60]];

export function theme(): Inks {
  if (inks) return inks;
  const css = getComputedStyle(document.documentElement);
  const v = (name: string) => css.getPropertyValue(name).trim();
  inks = {
    ink: v('--ink'), faint: v('--faint'), grid: v('--grid'), paper: v('--paper'), accent: v('--accent'),
    shades: v('--dark') === '1' ? DARK : LIGHT,
    of: Object.fromEntries(NAMES.map((n) => [n, v(`--c-${n}`)]))
  };
  return inks;
}

export function onTheme(f: () => void): void {
  told.add(f);
}

export function setTheme(name: string): void {
  if (name === 'light' || name === 'dark') document.documentElement.dataset['theme'] = name;
  else delete document.documentElement.dataset['theme'];
  changed();
}

function changed(): void {
  inks = null;
  for (const f of told) f();
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
matchMedia('print').addEventListener('change', changed);

/** share 0 to 1 along the scale. */
export function shadeAt(share: number): string {
  const s = theme().shades, n = s.length - 1;
  const t = Math.min(1, Math.max(0, share)) * n, i = Math.min(n - 1, Math.floor(t)), f = t - i;
  const a = s[i] as [number, number, number], b = s[i + 1] as [number, number, number];
  return `rgb(${a.map((x, k) => Math.round(x + f * ((b[k] as number) - x))).join(',')})`;
}

const hexes = new Map<string, number>();

/** 0xRRGGBB of a colour as a style sheet writes it. */
export function hexOf(colour: string): number {
  const known = hexes.get(colour);
  if (known !== undefined) return known;
  const c = document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D;
  c.fillStyle = colour;
  const hex = parseInt(c.fillStyle.slice(1, 7), 16);
  hexes.set(colour, hex);
  return hex;
}
