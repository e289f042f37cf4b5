// Shows the action at work on this machine, without AWS: `npm run demo`. Needs Node 20.11 or later with npm, and Python
// 3.10 or later; what else it needs it installs into .cache/. The story is told in demo/main.mjs.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 11)) {
  console.error(
    `The demo needs Node 20.11 or later; this is ${process.version}.\nInstall a newer Node: https://nodejs.org`,
  );
  process.exitCode = 1;
} else {
  const { demo } = await import('./demo/main.mjs');
  process.exitCode = await demo();
}
