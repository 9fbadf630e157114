// Lays the built pages out for the program: each file of dist/ in ../.deps/web, compressed where that helps.
// index.html stays as it is, so that a client without gzip can read it. Unchanged files are not touched, so that the
// program is not built again for nothing.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const from = join(here, 'dist');
const to = join(here, '..', '.deps', 'web');

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}

const wanted = new Map();
for (const path of filesBelow(from)) {
  const name = relative(from, path);
  const bytes = readFileSync(path);
  const packs = /\.(js|css|svg|json)$/.test(name);
  wanted.set(packs ? `${name}.gz` : name, packs ? gzipSync(bytes, { level: 9 }) : bytes);
}
for (const path of filesBelow(to)) {
  if (!wanted.has(relative(to, path))) rmSync(path);
}
let total = 0;
for (const [name, bytes] of wanted) {
  const path = join(to, name);
  total += bytes.length;
  if (existsSync(path) && readFileSync(path).equals(bytes)) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}
console.log(`${wanted.size} files, ${Math.round(total / 1024)} KiB in .deps/web`);
