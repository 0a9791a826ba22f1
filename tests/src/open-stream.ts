/** The events of a session as they come over the wire, without a client that comes back. */
export interface OpenStream extends Disposable {
  /** Reads on until that has come. */
  until: (text: string) => Promise<void>;
}

/** @throws when the answer is no stream of events */
export async function openStream(url: string, code: string, token: string): Promise<OpenStream> {
  const given = new AbortController();
  const input = encodeURIComponent(JSON.stringify({ code }));
  const { status, body } = await fetch(`${url}/trpc/sessions.events?input=${input}`, {
    headers: { accept: 'text/event-stream', authorization: `Bearer ${token}` },
    signal: given.signal,
  });
  if (status !== 200 || body === null) throw new Error(`No stream but ${status}`);
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let heard = '';
  return {
    async until(text) {
      while (!heard.includes(text)) {
        const { done, value } = await reader.read();
        if (done) throw new Error(`The stream has ended after:\n${heard}`);
        heard += value;
      }
    },
    [Symbol.dispose]: () => given.abort(),
  };
}
