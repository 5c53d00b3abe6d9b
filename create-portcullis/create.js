#!/usr/bin/env node
// `npm create portcullis my-gateway -- --provider auth0` is `portcullis init my-gateway --provider auth0`.
process.argv.splice(2, 0, 'init');
await import('portcullis/cli');
