// Draws the charts of the job summary's page, which GitHub draws with mermaid, as pictures that need no script: gantts as the
// action writes them. What it cannot draw stays text.

const WIDTH = 800;
const LEFT = 100;
const ROW = 26;
const COLOURS = { done: 'waiting', active: 'active', crit: 'crit' };

/** SVG, or undefined for another kind of chart. */
export function drawn(chart) {
  if (!/^gantt$/m.test(chart)) return undefined;
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
