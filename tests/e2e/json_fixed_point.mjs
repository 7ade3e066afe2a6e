// Reads texts on stdin, each as four bytes of length (little endian) and UTF-8, and answers each on stdout in the same
// form with JSON.stringify(JSON.parse(text)). Instead of a length: 0xFFFFFFFF for a text that is not JSON, 0xFFFFFFFE
// for an answer that JavaScript itself would write differently the next time.
import {readFileSync, writeFileSync} from 'node:fs';

const notJson = 0xffffffff;
const notFixed = 0xfffffffe;

function frame(length, bytes = Buffer.alloc(0)) {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(length);
  return Buffer.concat([head, bytes]);
}

function answer(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return frame(notJson);
    throw error;
  }
  const written = JSON.stringify(value);
  if (JSON.stringify(JSON.parse(written)) !== written) return frame(notFixed);
  const bytes = Buffer.from(written, 'utf8');
  return frame(bytes.length, bytes);
}

const input = readFileSync(0);
const answers = [];
for (let position = 0; position < input.length;) {
  const length = input.readUInt32LE(position);
  position += 4;
  answers.push(answer(input.toString('utf8', position, position + length)));
  position += length;
}
writeFileSync(1, Buffer.concat(answers));
