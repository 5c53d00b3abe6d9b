/** Markup, attributes and addresses that run where a page takes a client's text for its own. */
export const HOSTILE = [
  `<script>window.__pwned='script'</script>`,
  `"><img src=x onerror="window.__pwned='img'">`,
  `<svg onload=window.__pwned='svg'>`,
  `javascript:window.__pwned='href'`,
  `{{constructor.constructor('window.__pwned=1')()}}`,
  `<iframe srcdoc="<script>parent.__pwned='frame'</script>">`,
];
