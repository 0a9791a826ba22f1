import { lazy, Suspense } from 'react';

// Loaded on demand: the QR library is large.
const QrImage = lazy(() => import('./QrImage.tsx'));

export interface QrCodeProps {
  text: string;
  label: string;
}

export function QrCode(props: QrCodeProps) {
  return (
    <Suspense>
      <QrImage {...props} />
    </Suspense>
  );
}
