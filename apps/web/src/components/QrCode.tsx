import { lazy, Suspense } from 'react';

// With its library, after the page.
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
