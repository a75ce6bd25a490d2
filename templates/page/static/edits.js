// The difference of an edit's old and new lines, as a small diff.

const MOST = 400 * 400; // pairs of lines; more are shown as taken away and added, without looking for what is equal

// Returns [sign, line] for each line: " ", "-" or "+".
export function difference(before, after) {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const left = Math.min(before.length, after.length) - head;
  while (tail < left && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const middle = changed(before.slice(head, before.length - tail), after.slice(head, after.length - tail));
  const same = (line) => [" ", line];
  return [...before.slice(0, head).map(same), ...middle, ...before.slice(before.length - tail).map(same)];
}

function changed(before, after) {
  if (before.length * after.length > MOST || !before.length || !after.length) {
    return [...before.map((line) => ["-", line]), ...after.map((line) => ["+", line])];
  }
  const longest = table(before, after);
  const found = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      found.push([" ", before[i]]);
      [i, j] = [i + 1, j + 1];
    } else if (i < before.length && (j === after.length || longest[i + 1][j] >= longest[i][j + 1])) {
      found.push(["-", before[i++]]);
    } else {
      found.push(["+", after[j++]]);
    }
  }
  return found;
}

// The length of the longest common subsequence of before[i:] and after[j:].
function table(before, after) {
  const rows = Array.from({ length: before.length + 1 }, () => new Uint16Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      rows[i][j] = before[i] === after[j] ? rows[i + 1][j + 1] + 1 : Math.max(rows[i + 1][j], rows[i][j + 1]);
    }
  }
  return rows;
}

// Lines that are equal, but for those beside a change, are left out.
export function hunks(found, beside = 2) {
  const near = found.map((_, at) => found.slice(Math.max(0, at - beside), at + beside + 1).some(([sign]) => sign !== " "));
  return found.filter((_, at) => near[at]);
}
