// Many marks: each a square of few pixels, laid over one another into an image by hand. A canvas that is told of a hundred
// thousand rectangles is ten times slower, and while a window moves all of them are drawn in every frame.
import type { Series } from './figure';

/** Where the marks stand as the axes count: logarithms where an axis is logarithmic. NaN: nowhere. */
export interface Places {
  x: Float64Array;
  y: Float64Array;
}

export function placesOf(s: Series, logx: boolean, logy: boolean): Places {
  const along = (v: (number | null)[], log: boolean) => Float64Array.from(v, (a) => (a == null ? NaN : log ? Math.log(a) : a));
  return { x: along(s.x, logx), y: along(s.y, logy) };
}

/** pixel = from + by * place. */
export interface Line {
  from: number;
  by: number;
}

export class Dots {
  private readonly canvas = document.createElement('canvas');
  private image: ImageData | null = null;

  /** In the box of a canvas's own pixels; colour(i) is 0xRRGGBB. */
  paint(c: CanvasRenderingContext2D, box: { left: number; top: number; width: number; height: number }, at: Places, X: Line, Y: Line, side: number, alpha: number, colour: (i: number) => number): void {
    const w = Math.round(box.width), h = Math.round(box.height), own = this.canvas.getContext('2d');
    if (!own || w < 1 || h < 1) return;
    if (!this.image || this.image.width !== w || this.image.height !== h) {
      [this.canvas.width, this.canvas.height] = [w, h];
      this.image = own.createImageData(w, h);
    } else this.image.data.fill(0);
    const d = this.image.data;
    for (let i = 0; i < at.x.length; i++) {
      const px = Math.round(X.from + X.by * (at.x[i] as number) - box.left - side / 2), py = Math.round(Y.from + Y.by * (at.y[i] as number) - box.top - side / 2);
      if (!(px > -side && px < w && py > -side && py < h)) continue;
      const rgb = colour(i), x1 = Math.min(w, px + side), y1 = Math.min(h, py + side);
      for (let y = Math.max(0, py); y < y1; y++) for (let x = Math.max(0, px); x < x1; x++) over(d, 4 * (y * w + x), rgb, alpha);
    }
    own.putImageData(this.image, 0, 0);
    c.drawImage(this.canvas, Math.round(box.left), Math.round(box.top));
  }
}

/** A colour laid over what is there. */
function over(d: Uint8ClampedArray, k: number, rgb: number, alpha: number): void {
  const under = ((d[k + 3] as number) / 255) * (1 - alpha), sum = alpha + under, share = alpha / sum;
  d[k] = (d[k] as number) + share * ((rgb >> 16) - (d[k] as number));
  d[k + 1] = (d[k + 1] as number) + share * (((rgb >> 8) & 255) - (d[k + 1] as number));
  d[k + 2] = (d[k + 2] as number) + share * ((rgb & 255) - (d[k + 2] as number));
  d[k + 3] = 255 * sum;
}
