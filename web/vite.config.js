// Everything is a file of its own below /assets: the server's Content-Security-Policy allows no inline script or style.
export default {
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: 'es2022', reportCompressedSize: true },
  server: { proxy: { '/api': process.env.LOGLOG_API ?? 'http://127.0.0.1:8765' } }
};
