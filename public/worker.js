// Runs the page's own WASM away from the page: looks at files before they are uploaded.
import init, { work } from '/pkg/actor_maker.js';

await init({ module_or_path: '/pkg/actor_maker.wasm' });
work();
