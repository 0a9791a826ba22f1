import { encode } from 'uqr';
import type { QrCodeProps } from './QrCode.tsx';

/** A QR code as one path, dark on white in both colour schemes, for phones that read no other. */
export default function QrImage({ text, label }: QrCodeProps) {
  const { size, data } = encode(text, { border: 2, ecc: 'M' });
  const path = data
    .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')))
    .join('');
  return (
    <svg className="qr" role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`}>
      <path d={path} shapeRendering="crispEdges" />
    </svg>
  );
}
