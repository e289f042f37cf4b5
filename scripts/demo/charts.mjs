// Draws the charts of the job summary's page, which GitHub draws with mermaid, as pictures that need no script: gantts and
// lines as the action writes them. What it cannot draw stays text.

const WIDTH = 800;
const LEFT = 100;
const ROW = 26;
/** As the action's charts have them. */
const LINES = ['#2f81f7', '#e8710a', '#2da44e', '#a371f7'];
const COLOURS = { done: 'waiting', active: 'active', crit: 'crit' };

/** SVG, or undefined for another kind of chart. */
export function drawn(chart) {
  return /^xychart/m.test(chart) ? lines(chart) : /^gantt$/m.test(chart) ? gantt(chart) : undefined;
}

/** Of an xychart, whose lines have their values at even distances. */
function lines(chart) {
  const number = '(-?[\\d.]+)';
  const [, bottom, top] = new RegExp(`^\\s*y-axis ${number} --> ${number}$`, 'm').exec(chart) ?? [];
  const [, title, labels, from, to] =
    new RegExp(`^\\s*x-axis "([^"]*)" (?:\\[(.*)\\]|${number} --> ${number})$`, 'm').exec(chart) ?? [];
  const values = [...chart.matchAll(/^\s*line \[([-\d., ]+)\]$/gm)].map(([, list]) => list.split(',').map(Number));
  if (title === undefined || top === undefined || values.length === 0) return undefined;
  const [x0, x1, y0, y1] = [70, 550, 160, 10];
  const y = (value) => y0 + ((value - bottom) / (top - bottom)) * (y1 - y0);
  const paths = values.map((list, index) => {
    const x = (at) => x0 + (at / Math.max(1, list.length - 1)) * (x1 - x0);
    const points = list.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    return `<polyline class="line" stroke="${LINES[index % LINES.length]}" points="${points}"/>`;
  });
  const ends = labels === undefined ? [from, to] : [labels.split(',')[0], labels.split(',').at(-1)];
  const texts = [
    [x0 - 8, y0, 'end', bottom],
    [x0 - 8, y1 + 10, 'end', top],
    [x0, y0 + 20, 'start', ends[0]],
    [x1, y0 + 20, 'end', ends[1]],
    [(x0 + x1) / 2, y0 + 20, 'middle', title],
  ].map(
    ([x, y, anchor, text]) =>
      `<text x="${x}" y="${y}" text-anchor="${anchor}">${escaped(text.replace(/[" ]+/g, ' ').trim())}</text>`,
  );
  const axes = `<path class="axis" d="M${x0},${y1}V${y0}H${x1}"/>`;
  return `<svg class="lines" viewBox="0 0 560 190" role="img" aria-label="Metrics">${axes}${paths.join('')}${texts.join('')}</svg>`;
}

function gantt(chart) {
  const rows = [];
  for (const line of chart.split('\n')) {
    const [, section] = /^\s*section (.*)$/.exec(line) ?? [];
    if (section !== undefined) rows.push({ name: section, bars: [] });
    const [, label = '', tag = '', from, to] = /^\s*(.*?) :(?:(\w+), )?(\d+), (\d+)$/.exec(line) ?? [];
    if (from !== undefined && rows.length > 0)
      rows.at(-1).bars.push({ label, tag, from: Number(from), to: Number(to) });
  }
  const bars = rows.flatMap((row) => row.bars);
  if (bars.length === 0) return undefined;
  const start = Math.min(...bars.map(({ from }) => from));
  const end = Math.max(...bars.map(({ to }) => to));
  const x = (time) => LEFT + ((time - start) / (end - start)) * (WIDTH - LEFT - 60);
  const parts = rows.flatMap(({ name, bars }, index) => {
    const y = index * ROW;
    return [
      `<text class="name" x="0" y="${y + 17}">${escaped(name)}</text>`,
      ...bars.flatMap(({ label, tag, from, to }) => [
        `<rect class="${COLOURS[tag] ?? 'bar'}" x="${x(from).toFixed(1)}" y="${y + 3}" width="${Math.max(2, x(to) - x(from)).toFixed(1)}" height="${ROW - 6}" rx="3"/>`,
        `<text x="${(x(to) + 6).toFixed(1)}" y="${y + 17}">${escaped(label)}</text>`,
      ]),
    ];
  });
  return `<svg viewBox="0 0 ${WIDTH} ${rows.length * ROW}" role="img" aria-label="Timeline">${parts.join('')}</svg>`;
}

function escaped(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
