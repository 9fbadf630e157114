// Series colours. Okabe and Ito's set (made to be told apart by colour-blind readers), toned so that neighbours in a
// stack differ in lightness too; one row per theme.
const LIGHT = ['#1f6f78', '#e09f3e', '#5a8fc7', '#c8553d', '#7aa95c', '#a26aa8', '#3d4f8a', '#d9a5b3', '#8c7b5a'];
const DARK = ['#4fb3a9', '#f0b35c', '#7fb0e6', '#e57f66', '#a0cc80', '#c493cb', '#8390d6', '#ecc0cc', '#c2ac82'];
const REST = { light: '#b9b7ae', dark: '#5d6468' };

export function seriesColor(theme: 'light' | 'dark', index: number): string {
  const set = theme === 'light' ? LIGHT : DARK;
  return set[index % set.length]!;
}

export function restColor(theme: 'light' | 'dark'): string {
  return REST[theme];
}
