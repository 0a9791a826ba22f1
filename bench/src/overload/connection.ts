import { connect } from 'node:net';

export interface Response {
  status: number;
  /** In lower case. */
  head: string;
  body: string;
}

/** A keep-alive connection on which requests are written without waiting for responses. */
export interface Connection {
  /** Requests without a response so far. */
  pending: () => number;
  /** False once either side has closed it, or the server has sent `Connection: close`. */
  isUsable: () => boolean;
  /** @param onResponse receives undefined when the connection closes first */
  send: (request: string, onResponse: (response: Response | undefined) => void) => void;
  destroy: () => void;
}

/** @param onClose called after the callbacks of all pending requests */
export function openConnection(port: number, onClose: () => void): Connection {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  const waiting: ((response: Response | undefined) => void)[] = [];
  let received = '';
  let isUsable = true;
  // One character per byte, so that lengths in bytes are lengths of text.
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    received += chunk;
    for (let end = endOfResponse(received); end !== undefined; end = endOfResponse(received)) {
      const response = parseResponse(received.slice(0, end));
      received = received.slice(end);
      if (response.head.includes('\r\nconnection: close')) isUsable = false;
      waiting.shift()?.(response);
    }
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    isUsable = false;
    for (const onResponse of waiting.splice(0)) onResponse(undefined);
    onClose();
  });
  return {
    pending: () => waiting.length,
    isUsable: () => isUsable,
    send(request, onResponse) {
      waiting.push(onResponse);
      socket.write(request);
    },
    destroy: () => {
      isUsable = false;
      socket.destroy();
    },
  };
}

const LAST_CHUNK = '\r\n0\r\n\r\n';

/** The end of the first response; undefined while it is incomplete. */
function endOfResponse(received: string): number | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const length = /\r\ncontent-length: *(\d+)/i.exec(received.slice(0, headEnd + 2))?.[1];
  if (length !== undefined) {
    const end = headEnd + 4 + Number(length);
    return received.length < end ? undefined : end;
  }
  const lastChunk = received.indexOf(LAST_CHUNK, headEnd + 2);
  return lastChunk === -1 ? undefined : lastChunk + LAST_CHUNK.length;
}

function parseResponse(response: string): Response {
  const headEnd = response.indexOf('\r\n\r\n');
  const head = response.slice(0, headEnd).toLowerCase();
  const body = response.slice(headEnd + 4);
  return {
    status: Number(head.slice(9, 12)),
    head,
    // JSON contains no line break, so every second line of a chunked body is data.
    body: head.includes('\r\ntransfer-encoding: chunked')
      ? body
          .split('\r\n')
          .filter((_, line) => line % 2 === 1)
          .join('')
      : body,
  };
}
