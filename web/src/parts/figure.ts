// A figure as its document has it: 'loglog plot FIGURE --values --json'.
import type { AxisSpec } from './ticks';

export interface Series {
  kind: 'points' | 'line' | 'step' | 'band';
  label: string;
  colour: string;
  marker: string;
  dash: string;
  size: number;
  opacity: number;
  shade: number | null;
  name: string;
  end: string;
  x: (number | null)[];
  y: (number | null)[];
  lo?: (number | null)[];
  hi?: (number | null)[];
  shades?: (number | null)[];
  names?: string[];
  runs?: string[];
  faded?: boolean;
  run?: string; // of a whole line
}

export interface Note {
  text: string;
  x: number | null;
  y: number | null;
  corner: boolean;
}

export interface Panel {
  x: AxisSpec;
  y: AxisSpec;
  right: AxisSpec | null;
  shade: AxisSpec | null;
  series: Series[];
  notes: Note[];
}

export interface Figure {
  name: string;
  title: string;
  caption: string;
  panels: Panel[];
}
