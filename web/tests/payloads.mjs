// Names that try to run script, or to be what every object has. `window.ran` says that one did.
const RUN = 'window.ran=1', seeds = [
  `<script>${RUN}</script>`, `<img src=x onerror=${RUN}>`, `"><svg onload=${RUN}>`, `'><iframe srcdoc="<script>parent.ran=1</script>">`, `javascript:${RUN}`, `<a href="javascript:${RUN}">x</a>`,
  `</title><script>${RUN}</script>`, `</style><script>${RUN}</script>`, `<math><mtext></table><mglyph><style><img src=x onerror=${RUN}>`, `<details open ontoggle=${RUN}>`, `<input autofocus onfocus=${RUN}>`,
  `<body onload=${RUN}>`, `<link rel=stylesheet href=//evil.invalid/a.css>`, `<base href=//evil.invalid/>`, `<meta http-equiv=refresh content="0;url=//evil.invalid">`, `<object data=//evil.invalid>`, `<embed src=//evil.invalid>`,
  `\${${RUN}}`, `{{constructor.constructor('${RUN}')()}}`, `' or 1=1 --`, `'; DROP TABLE run; --`, `../../etc/passwd`, `%3Cscript%3E${RUN}%3C/script%3E`, `&lt;script&gt;${RUN}&lt;/script&gt;`, `__proto__`, `constructor`, `toString`,
  `=HYPERLINK("//evil.invalid")`, `@SUM(1)`, `+1+cmd|' /C calc'!A0`, `\u202Egnp.exe`, `a\u0000b`.replace('\u0000', ''), `${'A'.repeat(60)}`, `\u2028${RUN}`, `<!--<script>${RUN}//-->`, `]]><script>${RUN}</script>`, `#/law?out=x`, `" onmouseover="${RUN}`,
  `"-${RUN}-"`, `\\';${RUN};//`, `<svg><animate onbegin=${RUN} attributeName=x dur=1s>`, `<style>@import "//evil.invalid/a.css"</style>`, `<div style="background:url(//evil.invalid/x)">`, `<form action=//evil.invalid><button>`, `<template><script>${RUN}</script></template>`,
  `<noscript><p title="</noscript><img src=x onerror=${RUN}>">`, `<xmp><script>${RUN}</script>`, `<textarea><script>${RUN}</script>`, `<plaintext>`, `<marquee onstart=${RUN}>`
];
export const PAYLOADS = Array.from({ length: 200 }, (_, i) => {
  const s = seeds[i % seeds.length], turn = Math.floor(i / seeds.length);
  return [s, s.toUpperCase().replaceAll(RUN.toUpperCase(), RUN), `x${s}y`, `${s}${i}`][turn];
});
