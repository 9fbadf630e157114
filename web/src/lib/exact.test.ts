import { expect, test } from 'vitest';
import { parseExact } from './exact';

test('numbers with a point keep every digit', () => {
  expect(parseExact('{"a":0.1234567890123456789012,"b":[1,-2.50,1e3]}')).toEqual({
    a: '0.1234567890123456789012',
    b: [1, '-2.50', '1e3'],
  });
});

test('numbers inside of texts are left alone', () => {
  expect(parseExact('{"a \\" 1.5":"x\\\\","b":"2.5"}')).toEqual({ 'a " 1.5': 'x\\', b: '2.5' });
});
