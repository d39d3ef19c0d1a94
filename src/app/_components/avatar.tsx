const CELLS = 5;
const SIZE = 40;

/** FNV-1a: small, and enough to tell handles apart by their picture. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ char.codePointAt(0)!, 0x01000193) >>> 0;
  return value;
}

/** A picture made of the name, the same everywhere; it says nothing that the name beside it does not. */
export function Avatar({ name, size = 20 }: { name: string; size?: number }) {
  const pattern = hash(name.toLowerCase());
  const hue = hash(`${name.toLowerCase()} hue`) % 360;
  const cell = SIZE / CELLS;
  const squares: string[] = [];
  for (let row = 0; row < CELLS; row++) {
    for (let column = 0; column < 3; column++) {
      if (((pattern >> (row * 3 + column)) & 1) === 0) continue;
      for (const x of new Set([column, CELLS - 1 - column])) {
        squares.push(`M${x * cell} ${row * cell}h${cell}v${cell}h-${cell}z`);
      }
    }
  }
  return (
    <svg
      aria-hidden="true"
      className="shrink-0 rounded-full"
      height={size}
      viewBox={`-6 -6 ${SIZE + 12} ${SIZE + 12}`}
      width={size}
    >
      <rect fill={`hsl(${hue} 45% 90%)`} height={SIZE + 12} width={SIZE + 12} x={-6} y={-6} />
      <path d={squares.join('')} fill={`hsl(${hue} 50% 38%)`} />
    </svg>
  );
}
