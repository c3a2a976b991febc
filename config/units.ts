const SIZES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};
const DURATIONS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 };

/** `256MiB` in bytes; null when it is no size. */
export const parseSize = (text: string): number | null => parse(text, SIZES);
/** `90s`, `400d` in ms; null when it is no duration. */
export const parseDuration = (text: string): number | null => parse(text, DURATIONS);

export const sizeExample = 'a size such as 512KiB, 256MiB or 2GiB';
export const durationExample = 'a duration such as 500ms, 30s, 5m, 12h or 400d';

function parse(text: string, units: Readonly<Record<string, number>>): number | null {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/.exec(text) ?? [];
  const factor = unit === undefined ? undefined : units[unit];
  return amount === undefined || factor === undefined ? null : Math.round(Number(amount) * factor);
}
