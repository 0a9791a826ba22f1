/** The address that phones can open: PUBLIC_URL, or that of this page unless it is of this machine only. */
export const publicUrl = findPublicUrl();

function findPublicUrl(): string | undefined {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="public-url"]');
  const configured = meta?.content.replace(/\/+$/, '');
  if (configured !== undefined && configured !== '') return configured;
  const isLoopback = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(location.hostname);
  return isLoopback ? undefined : location.origin;
}
